group_state 0 people; [ -z "$group_entry" ]
