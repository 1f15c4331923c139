{ package_state 0 libc6:i386; { [ -n "$package_version" ] || package_provided libc6:i386; }; } || { release_package libc6:i386; install_packages lean libc6:i386; }
rm -f -- /etc/example
hold_package unhold libc6:i386
