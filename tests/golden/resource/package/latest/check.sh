package_state 0 openssl; { [ -n "$package_version" ] || package_provided openssl; } && { [ -n "$package_held" ] || { upgrade_state 0 openssl; [ -z "$package_upgrade" ]; }; } && lists_fresh 720
