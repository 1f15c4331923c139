group_state 0 people; [ -n "$group_entry" ]
