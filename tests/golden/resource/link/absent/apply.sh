[ -L /srv/app/current ] || [ ! -e /srv/app/current ] || refuse_other /srv/app/current link
rm -f -- /srv/app/current
