crontab_state ada && text_has '# BEGIN provision sync
@hourly echo '\''it'\''\\'\'''\''s'\'' $(id)
# END provision sync'
