block_set /etc/hosts '# BEGIN provision
# END provision'"$nl" '# BEGIN provision' '# END provision' after localhost
