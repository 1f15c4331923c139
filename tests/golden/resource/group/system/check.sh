group_state 0 app; [ -n "$group_entry" ]
