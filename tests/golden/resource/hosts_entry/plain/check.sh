text_state /etc/hosts && hosts_has 192.0.2.10 db1.example.com && hosts_has 192.0.2.10 db1
