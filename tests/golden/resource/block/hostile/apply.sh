block_set '/tmp/a b' '# BEGIN it'\''s
it'\''s `id` $(id)\
	

# END it'\''s'"$nl" '# BEGIN it'\''s' '# END it'\''s' '' ''
