ufw_drop 23 23
