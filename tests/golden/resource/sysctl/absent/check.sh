path_state 0 /etc/sysctl.d/90-provision-vm.swappiness.conf && [ -z "$path_type" ]
