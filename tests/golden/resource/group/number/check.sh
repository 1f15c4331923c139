group_state 0 people; [ "$group_gid" = 1234 ]
