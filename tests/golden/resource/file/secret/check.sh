path_state 0 /etc/app/key; [ "$path_type" = 8 ] && [ "$path_mode" = 180 ] && digest_state 0 /etc/app/key && [ "$digest" = 2f6cce4b5627fa821b5968b81152a978acb86acdff25855ec0fcdf7dad674457 ]
