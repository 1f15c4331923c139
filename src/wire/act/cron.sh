crontab_set() { crontab_new "$@" && printf '%s' "$new" | crontab -u "$1" -; }
