! ufw_is_active
