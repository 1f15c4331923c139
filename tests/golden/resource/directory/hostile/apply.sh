{ [ ! -e '/srv/-rf '\''$(id)'\'' ; rm' ] && [ ! -L '/srv/-rf '\''$(id)'\'' ; rm' ]; } || { [ -d '/srv/-rf '\''$(id)'\'' ; rm' ] && [ ! -L '/srv/-rf '\''$(id)'\'' ; rm' ]; } || refuse_other '/srv/-rf '\''$(id)'\'' ; rm' directory
mkdir -p -- '/srv/-rf '\''$(id)'\'' ; rm'
own '/srv/-rf '\''$(id)'\'' ; rm' ''
chmod 0700 '/srv/-rf '\''$(id)'\'' ; rm'
