line_drop /etc/crontab '' '^[^#].*anacron'
