module_load br_netfilter br_netfilter
mkdir -p /etc/modules-load.d
printf %s 'br_netfilter
' | place /etc/modules-load.d/br_netfilter.conf 0644 root root
