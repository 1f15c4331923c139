package_state 0 nginx; [ -n "$package_version" ] && path_state 0 /etc/nginx/sites-enabled/default && [ -z "$path_type" ] && path_state 0 '/etc/nginx/it'\''s $(id)' && [ -z "$path_type" ]
