git_checkout app 'username=deploy
password=s3cret' /srv/app https://example.com/app.git v1.2 '' force 1
