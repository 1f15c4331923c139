hostname_set DB-2
printf %s 'DB-2
' | place /etc/hostname 0644 root root
