user_check 'test -e /etc/done'
