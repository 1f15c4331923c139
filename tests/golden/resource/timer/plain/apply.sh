printf %s '[Unit]
Description=/usr/local/bin/backup

[Service]
Type=oneshot
ExecStart=/bin/sh -c "/usr/local/bin/backup"
' | place /etc/systemd/system/backup.service 0644 root root
printf %s '[Unit]
Description=/usr/local/bin/backup

[Timer]
OnCalendar=daily
Persistent=true

[Install]
WantedBy=timers.target
' | place /etc/systemd/system/backup.timer 0644 root root
timer_start backup.timer
