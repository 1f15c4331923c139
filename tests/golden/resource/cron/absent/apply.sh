rm -f -- /etc/cron.d/old
