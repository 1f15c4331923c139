{ package_state 0 postgresql-15; [ -n "$package_version" ] && package_is '15.*'; } || { release_package postgresql-15; install_packages full 'postgresql-15=15.*'; }
hold_package hold postgresql-15
