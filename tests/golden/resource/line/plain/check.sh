path_state 0 /etc/hosts.allow; [ "$path_type" = 8 ] && {
text_state /etc/hosts.allow
text_has 'sshd: 192.0.2.0/24'
}
