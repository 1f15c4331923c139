timer_stop old.timer
rm -f -- /etc/systemd/system/old.timer
rm -f -- /etc/systemd/system/old.service
units_reload
