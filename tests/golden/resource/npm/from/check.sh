npm_state /usr/local/lib/node_modules hello; case $npm_version in 1.0.0) ;; *) false ;; esac
