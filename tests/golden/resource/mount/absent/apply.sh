unmount /srv/old /srv/old
fstab_set 2 /srv/old ''
