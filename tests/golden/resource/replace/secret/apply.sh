replace_all /etc/app.conf '/$/{
s/$//
spassword=.*password=hunter2g
s/$//
b
}
spassword=.*password=hunter2g'
