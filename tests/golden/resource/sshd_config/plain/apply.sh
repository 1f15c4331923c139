sshd_copy
printf %s 'PasswordAuthentication no
' >"$run/sshd/sshd_config.d/"00-site.conf
sshd_try
mkdir -p /etc/ssh/sshd_config.d
printf %s 'PasswordAuthentication no
' | place /etc/ssh/sshd_config.d/00-site.conf 0644 root root
