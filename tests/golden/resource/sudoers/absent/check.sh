path_state 0 /etc/sudoers.d/old && [ -z "$path_type" ]
