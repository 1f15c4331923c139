line_set /etc/hosts.allow 'sshd: 192.0.2.0/24' '' '' ''
