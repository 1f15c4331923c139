rm -f -- /etc/sudoers.d/old
