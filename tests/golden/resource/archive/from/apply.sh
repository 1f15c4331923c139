[ -f '/srv/a b.zip' ] || { say 'there is no file /srv/a b.zip'; return 1; }
digest_state 0 '/srv/a b.zip'
unpack_into 092afbd5eef493ae9437d65f7d2bbbb3 '/srv/it'\''s $(id)' f4ceb835f4e4d2e72886c987db84373b4dec63525e7e12507920d4d762371584:"$digest" '/srv/a b.zip' 0 ''
