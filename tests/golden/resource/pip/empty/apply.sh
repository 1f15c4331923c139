pip_venv '' /srv/app/venv python3
