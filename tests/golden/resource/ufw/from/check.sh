ufw_has 'allow from fd00::/8'
