package_state 0 libstdc++6; { [ -n "$package_version" ] || package_provided libstdc++6; }
