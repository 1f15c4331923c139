mkdir -p -- /srv/data
mount_now /srv/data /srv/data 'UUID=0a1b2c3d-0000-4000-8000-000000000000' ext4 defaults
fstab_set 2 /srv/data 'UUID=0a1b2c3d-0000-4000-8000-000000000000 /srv/data ext4 defaults 0 0'
