printf %s 'welcome
' | place /etc/motd '' '' ''
