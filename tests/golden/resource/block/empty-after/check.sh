path_state 0 /etc/hosts; [ "$path_type" = 8 ] && text_state /etc/hosts && text_has '# BEGIN provision
# END provision'
