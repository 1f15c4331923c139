path_state 0 /etc/motd; [ "$path_type" = 8 ] && digest_state 0 /etc/motd && [ "$digest" = 77f44b9024fd19a6674a62d98939f4e7f1b77f64eac4c7559414c46bdaec494c ]
