block_set /etc/hosts '' '# BEGIN old' '# END old' '' ''
