replace_all /etc/app.conf '/$/{
s/$//
s^(port) ([0-9]+)$\1 = \2 \& more\\g
s/$//
b
}
s^(port) ([0-9]+)$\1 = \2 \& more\\g'
