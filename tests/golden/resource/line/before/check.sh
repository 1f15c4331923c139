path_state 0 /etc/rc.local; [ "$path_type" = 8 ] && {
text_state /etc/rc.local
text_has 'echo '\''hi'\'' $(id)'
}
