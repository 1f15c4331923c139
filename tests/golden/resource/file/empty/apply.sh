printf %s '' | place /etc/nologin '' '' ''
