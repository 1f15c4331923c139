hostname_set web1
printf %s 'web1
' | place /etc/hostname 0644 root root
