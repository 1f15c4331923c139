swap_make /swapfile /swapfile 2048
is_swap /swapfile || swapon -- /swapfile
fstab_set 1 /swapfile '/swapfile none swap sw 0 0'
