line_set /etc/app.conf 'password=hunter2' '^password=' '' ''
