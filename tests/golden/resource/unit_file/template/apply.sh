unit_unmask /etc/systemd/system/app@.service
mkdir -p /etc/systemd/system
printf %s '[Service]
ExecStart=/usr/bin/app %i '\''$(id)'\''
' | place /etc/systemd/system/app@.service 0644 root root
units_reload
