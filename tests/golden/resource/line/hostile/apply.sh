line_set '/tmp/it'\''s `id` $(id)' ''\''; rm -rf / #	\' '' '' ''
