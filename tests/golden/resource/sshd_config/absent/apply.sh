sshd_copy
rm -f -- "$run/sshd/sshd_config.d/"50-old.conf
sshd_try
rm -f -- /etc/ssh/sshd_config.d/50-old.conf
