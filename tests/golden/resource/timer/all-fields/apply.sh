printf %s '[Unit]
Description=100%% of it

[Service]
Type=oneshot
User=ada
ExecStart=/bin/sh -c "date +%%F >\"$$HOME/it'\''s\""
' | place /etc/systemd/system/report.service 0644 root root
printf %s '[Unit]
Description=100%% of it

[Timer]
OnCalendar=Mon..Fri 03:30
Persistent=false
RandomizedDelaySec=10min

[Install]
WantedBy=timers.target
' | place /etc/systemd/system/report.timer 0644 root root
timer_start report.timer
