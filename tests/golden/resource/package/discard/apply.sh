{ package_state 0 nginx; { [ -n "$package_version" ] || package_provided nginx; }; } || install_packages lean nginx
rm -f -- /etc/nginx/sites-enabled/default '/etc/nginx/it'\''s $(id)'
