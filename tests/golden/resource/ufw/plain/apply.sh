ufw_add allow 443/tcp 443/tcp
