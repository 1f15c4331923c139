path_state 0 '/tmp/it'\''s `id` $(id)'; [ "$path_type" = 8 ] && {
text_state '/tmp/it'\''s `id` $(id)'
text_has ''\''; rm -rf / #	\'
}
