path_state 0 /etc/ssh/sshd_config; [ "$path_type" = 8 ] && {
text_state /etc/ssh/sshd_config
text_has 'PermitRootLogin no' && text_only '^#?PermitRootLogin[[:space:]]' 'PermitRootLogin no'
}
