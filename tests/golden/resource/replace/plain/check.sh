path_state 0 /etc/default/grub; [ "$path_type" = 8 ] && replace_holds /etc/default/grub '/$/{
s/$//
squiet splashquietg
s/$//
b
}
squiet splashquietg'
