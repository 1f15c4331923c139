mkdir -p /etc/sysctl.d
printf %s 'net/ipv4/conf/eth0.100/forwarding = 1
' | place /etc/sysctl.d/90-provision-net.ipv4.conf.eth0.100.forwarding.conf 0644 root root
