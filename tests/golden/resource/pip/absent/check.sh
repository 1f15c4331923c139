[ ! -e /srv/app/venv/bin/python ] || { [ -x /srv/app/venv/bin/python ] && [ -x /srv/app/venv/bin/pip ] && pip_list /srv/app/venv && ! pip_has six '*' && ! pip_has other_thing '*'; }
