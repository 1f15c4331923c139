! ufw_has_any 23
