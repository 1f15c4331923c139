unit_unmask /etc/systemd/system/nginx.service.d/limits.conf
mkdir -p /etc/systemd/system/nginx.service.d
printf %s '[Service]
LimitNOFILE=65536
' | place /etc/systemd/system/nginx.service.d/limits.conf 0644 root root
units_reload
