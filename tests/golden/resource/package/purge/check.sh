package_state 0 apache2; [ -z "$package_version" ] && [ -z "$package_left" ]
