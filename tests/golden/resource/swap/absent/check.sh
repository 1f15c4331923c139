path_state 0 /swapfile && [ -z "$path_type" ] && text_state /etc/fstab && fstab_find 1 /swapfile '' && [ -z "$found" ]
