line_set /etc/ssh/sshd_config 'PermitRootLogin no' '^#?PermitRootLogin[[:space:]]' after '^Include'
