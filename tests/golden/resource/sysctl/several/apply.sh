kernel_set /proc/sys/net/ipv4/tcp_rmem '4096 131072 6291456'
mkdir -p /etc/sysctl.d
printf %s 'net.ipv4.tcp_rmem = 4096 131072 6291456
' | place /etc/sysctl.d/90-provision-net.ipv4.tcp_rmem.conf 0644 root root
