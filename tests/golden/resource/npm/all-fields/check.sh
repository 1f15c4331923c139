npm_state /srv/app/node_modules @angular/cli; case $npm_version in 17.*) ;; *) false ;; esac
