[ -x /srv/app/venv/bin/python ] && [ -x /srv/app/venv/bin/pip ] && pip_list /srv/app/venv
