text_state /etc/hosts && hosts_has 2001:db8::1 db1
