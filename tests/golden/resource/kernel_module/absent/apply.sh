modprobe -r -- pcspkr
rm -f -- /etc/modules-load.d/pcspkr.conf
