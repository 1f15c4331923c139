path_state 0 /etc/app.conf; [ "$path_type" = 8 ] && replace_holds /etc/app.conf '/$/{
s/$//
s^(port) ([0-9]+)$\1 = \2 \& more\\g
s/$//
b
}
s^(port) ([0-9]+)$\1 = \2 \& more\\g'
