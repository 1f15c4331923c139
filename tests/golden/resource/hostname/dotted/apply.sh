hostname_set web1.example.com
printf %s 'web1.example.com
' | place /etc/hostname 0644 root root
