hosts_edit drop 127.0.1.1 old
