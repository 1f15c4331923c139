user_state 0 app; [ -n "$user_entry" ] && git_holds app 'username=deploy
password=s3cret' /srv/app https://example.com/app.git v1.2 ''
