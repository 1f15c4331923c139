path_state 0 /etc/hosts; [ "$path_type" = 8 ] && text_state /etc/hosts && text_has '# BEGIN provision
192.0.2.1 one
192.0.2.2 two
# END provision'
