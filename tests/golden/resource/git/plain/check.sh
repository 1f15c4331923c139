git_holds '' '' /srv/app git@example.com:team/app.git HEAD ''
