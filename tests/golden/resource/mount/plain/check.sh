text_state /etc/fstab && fstab_find 2 /srv/data 'UUID=0a1b2c3d-0000-4000-8000-000000000000 /srv/data ext4 defaults 0 0' && [ "$found" = same ] && is_mounted /srv/data
