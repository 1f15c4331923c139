kernel_set /proc/sys/net/ipv4/ip_forward 1
mkdir -p /etc/sysctl.d
printf %s 'net.ipv4.ip_forward = 1
' | place /etc/sysctl.d/90-provision-net.ipv4.ip_forward.conf 0644 root root
