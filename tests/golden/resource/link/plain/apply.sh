[ -L /srv/app/current ] || [ ! -e /srv/app/current ] || refuse_other /srv/app/current link
ln -sfn -- releases/1.0 /srv/app/current
