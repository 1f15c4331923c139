[ ! -d /etc/systemd/system/old.timer ] || refuse_other /etc/systemd/system/old.timer file
rm -f -- /etc/systemd/system/old.timer
units_reload
