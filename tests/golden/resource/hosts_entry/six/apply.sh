hosts_edit set 2001:db8::1 db1
