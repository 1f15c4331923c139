fresh_lists 720
{ package_state 0 openssl; { [ -n "$package_version" ] || package_provided openssl; } && { [ -n "$package_held" ] || { upgrade_state 0 openssl; [ -z "$package_upgrade" ]; }; }; } || upgrade_packages full openssl
