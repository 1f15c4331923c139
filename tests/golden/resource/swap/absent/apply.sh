swap_remove /swapfile /swapfile
fstab_set 1 /swapfile ''
