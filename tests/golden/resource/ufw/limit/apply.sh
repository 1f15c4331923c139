ufw_add limit 22/tcp 22/tcp
