path_state 0 /etc/ssh/sshd_config.d/50-old.conf && [ -z "$path_type" ]
