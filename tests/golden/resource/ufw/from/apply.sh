ufw_add allow '' 'from fd00::/8'
