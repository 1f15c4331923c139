git_checkout '' '' /srv/app git@example.com:team/app.git HEAD '' '' ''
