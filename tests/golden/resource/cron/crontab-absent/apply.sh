crontab_set ada '' '# BEGIN provision sync' '# END provision sync'
