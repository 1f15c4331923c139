npm_do '' install --global --prefix /usr/local -- '/srv/it'\''s $(id).tgz'
