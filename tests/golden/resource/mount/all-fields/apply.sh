mkdir -p -- '/srv/it'\''s there'
fstab_set 2 '/srv/it'\''s\040there' '//nas/share\040\0431 /srv/it'\''s\040there cifs credentials=/etc/nas,ro 0 0'
