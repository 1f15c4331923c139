ufw_is_active && ufw_lets_us_in
