user_apply 'touch /etc/done'
