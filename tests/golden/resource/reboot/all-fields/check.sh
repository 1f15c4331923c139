if user_check 'test -e /run/reboot-required'; then false; fi
