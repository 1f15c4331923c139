npm_state /usr/local/lib/node_modules typescript; [ -n "$npm_version" ]
