printf %s ''\''; touch /pwned; '\''
$(id) `id` ${HOME} \ %s \n	no newline at the end' | place '/tmp/it'\''s $(touch pwned) `id` "x" -rf é 漢 \' '' '' ''
