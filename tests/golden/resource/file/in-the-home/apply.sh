printf %s 'umask 027
' | place "${HOME:?}"/.profile '' '' ''
