path_state 0 '/tmp/a b'; [ "$path_type" = 8 ] && text_state '/tmp/a b' && text_has '# BEGIN it'\''s
it'\''s `id` $(id)\
	

# END it'\''s'
