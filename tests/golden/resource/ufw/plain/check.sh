ufw_has 'allow 443/tcp'
