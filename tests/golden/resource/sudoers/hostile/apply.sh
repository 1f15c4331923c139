printf %s '# it'\''s $(id)
%app ALL=(root) /bin/systemctl restart app
' | sudoers_place /etc/sudoers.d/app
