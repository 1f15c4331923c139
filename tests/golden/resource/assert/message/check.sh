user_check '! test -e /var/lib/postgresql'
