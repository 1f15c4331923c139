package_state 0 telnet; [ -z "$package_version" ]
