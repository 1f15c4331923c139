path_state 0 /etc/php/8.2/cli/php.ini; [ "$path_type" = 8 ] && text_state /etc/php/8.2/cli/php.ini && ini_find PHP memory_limit 256M && [ "$found" = same ]
