sshd_copy
printf %s 'Banner /etc/it'\''s $(id)
X11Forwarding no
' >"$run/sshd/sshd_config.d/"00-site.conf
sshd_try
mkdir -p /etc/ssh/sshd_config.d
printf %s 'Banner /etc/it'\''s $(id)
X11Forwarding no
' | place /etc/ssh/sshd_config.d/00-site.conf 0644 root root
