pip_venv '' /srv/app/venv python3
pip_as '' '' /srv/app/venv/bin/pip uninstall -q -y -- six other_thing
