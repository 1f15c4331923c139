package_state 0 nginx; [ -n "$package_version" ] || install_packages --no-install-recommends nginx
rm -f -- /etc/nginx/sites-enabled/default '/etc/nginx/it'\''s $(id)'
