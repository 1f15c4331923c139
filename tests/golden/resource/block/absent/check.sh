path_state 0 /etc/hosts; [ -z "$path_type" ] || { [ "$path_type" = 8 ] && text_state /etc/hosts && text_lacks '# BEGIN old'; }
