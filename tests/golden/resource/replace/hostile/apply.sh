replace_all '/tmp/it'\''s' '/$/{
s/$//
s/'\''$|`id`$(id)/'\''eg
s/$//
b
}
s/'\''$|`id`$(id)/'\''eg'
