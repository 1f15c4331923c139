ufw_has 'limit 22/tcp'
