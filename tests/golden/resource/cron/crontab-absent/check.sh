crontab_state ada && text_lacks '# BEGIN provision sync'
