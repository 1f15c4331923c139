block_set /etc/app.conf '# BEGIN provision
token=hunter2
# END provision'"$nl" '# BEGIN provision' '# END provision' '' ''
