line_set /etc/rc.local 'echo '\''hi'\'' $(id)' '' before '^exit 0$'
