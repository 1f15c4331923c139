user_state 0 mallory; [ -z "$user_entry" ]
