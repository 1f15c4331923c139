pip_venv '' "${HOME:?}"/'it'\''s' python3
pip_as '' '' "${HOME:?}"/'it'\''s'/bin/pip install -q --no-index --find-links /srv/wheels -- /srv/wheels/my_tool-1.0-py3-none-any.whl
