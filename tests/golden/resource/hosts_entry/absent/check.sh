text_state /etc/hosts && hosts_lacks 127.0.1.1 old
