printf %s 'not for every eye
' | place /etc/app/key 0600 '' ''
