[ -L /etc/systemd/system/ctrl-alt-del.target ] || [ ! -e /etc/systemd/system/ctrl-alt-del.target ] || refuse_other /etc/systemd/system/ctrl-alt-del.target link
ln -sfn -- /dev/null /etc/systemd/system/ctrl-alt-del.target
units_reload
