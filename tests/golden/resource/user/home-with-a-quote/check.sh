user_state 0 o-brien; [ -n "$user_entry" ] && [ "$user_home" = '/home/o'\''brien $(id)' ]
