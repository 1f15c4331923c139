rm -f -- /etc/sysctl.d/90-provision-vm.swappiness.conf
