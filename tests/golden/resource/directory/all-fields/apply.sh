{ [ ! -e /srv/app ] && [ ! -L /srv/app ]; } || { [ -d /srv/app ] && [ ! -L /srv/app ]; } || refuse_other /srv/app directory
mkdir -p -- /srv/app
own /srv/app app:adm
chmod 2775 /srv/app
