hosts_edit set 192.0.2.10 'db1.example.com db1'
