ini_set /etc/default/cron '' EXTRA_OPTS '"-L 5"' '='
