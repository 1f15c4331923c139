path_state 0 /etc/crontab; [ -z "$path_type" ] || [ "$path_type" = 8 ] && {
text_state /etc/crontab
: && text_only '^[^#].*anacron' ''
}
