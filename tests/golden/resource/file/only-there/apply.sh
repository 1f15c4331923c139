{ [ ! -f /var/lib/app/stamp ] || cat -- /var/lib/app/stamp; } | place /var/lib/app/stamp '' '' ''
