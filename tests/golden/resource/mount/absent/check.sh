text_state /etc/fstab && fstab_find 2 /srv/old '' && [ -z "$found" ] && is_unmounted /srv/old
