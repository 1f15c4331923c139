crontab_set ada '# BEGIN provision sync
@hourly echo '\''it'\''\\'\'''\''s'\'' $(id)
# END provision sync
' '# BEGIN provision sync' '# END provision sync'
