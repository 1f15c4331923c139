replace_all /etc/default/grub '/$/{
s/$//
squiet splashquietg
s/$//
b
}
squiet splashquietg'
