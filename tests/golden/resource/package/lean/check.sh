package_state 0 nginx; { [ -n "$package_version" ] || package_provided nginx; }
