block_set /etc/hosts '# BEGIN provision
192.0.2.1 one
192.0.2.2 two
# END provision'"$nl" '# BEGIN provision' '# END provision' '' ''
