npm_state /usr/local/lib/node_modules left-pad; [ -z "$npm_version" ]
