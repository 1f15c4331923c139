path_state 0 /etc/app.conf; [ "$path_type" = 8 ] && replace_holds /etc/app.conf '/$/{
s/$//
spassword=.*password=hunter2g
s/$//
b
}
spassword=.*password=hunter2g'
