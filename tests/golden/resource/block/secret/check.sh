path_state 0 /etc/app.conf; [ "$path_type" = 8 ] && text_state /etc/app.conf && text_has '# BEGIN provision
token=hunter2
# END provision'
