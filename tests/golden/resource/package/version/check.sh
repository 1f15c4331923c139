package_state 0 postgresql-15; [ -n "$package_version" ] && package_is '15.*' && { package_state 0 postgresql-15; package_lock postgresql-15; [ -n "$package_held" ]; }
