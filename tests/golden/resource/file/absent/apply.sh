[ ! -d /etc/motd ] || refuse_other /etc/motd file
rm -f -- /etc/motd
