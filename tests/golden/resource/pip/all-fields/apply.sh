pip_venv app /srv/app/venv python3.11
pip_as app '[global]
index-url = https://me:p%%40ss@example.com/simple' /srv/app/venv/bin/pip install -q -- 'flask==3.0.*' Zope.Interface 'uvicorn[standard]==0.30.1'
pip_as app '[global]
index-url = https://me:p%%40ss@example.com/simple' /srv/app/venv/bin/pip install -q -r /srv/app/requirements.txt
digest_state 0 /srv/app/requirements.txt
pip_list /srv/app/venv
pip_note e480dceb7d1377efec852204ad5c2e0a "$digest"
