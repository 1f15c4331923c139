mkdir -p /etc/modprobe.d
printf %s 'options kvm-intel nested=1
' | place /etc/modprobe.d/kvm-intel.conf 0644 root root
module_load kvm-intel kvm_intel
mkdir -p /etc/modules-load.d
printf %s 'kvm-intel
' | place /etc/modules-load.d/kvm-intel.conf 0644 root root
