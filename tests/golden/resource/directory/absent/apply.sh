{ [ -d /srv/app ] && [ ! -L /srv/app ]; } || refuse_other /srv/app directory
rm -rf -- /srv/app
