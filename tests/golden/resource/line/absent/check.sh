path_state 0 /etc/hosts.allow; [ -z "$path_type" ] || [ "$path_type" = 8 ] && {
text_state /etc/hosts.allow
text_lacks 'ALL: ALL'
}
