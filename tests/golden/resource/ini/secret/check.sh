path_state 0 /etc/app.ini; [ "$path_type" = 8 ] && text_state /etc/app.ini && ini_find db password hunter2 && [ "$found" = same ]
