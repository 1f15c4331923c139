path_state 0 '/tmp/it'\''s'; [ "$path_type" = 8 ] && replace_holds '/tmp/it'\''s' '/$/{
s/$//
s/'\''$|`id`$(id)/'\''eg
s/$//
b
}
s/'\''$|`id`$(id)/'\''eg'
