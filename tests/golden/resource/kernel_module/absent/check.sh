path_state 0 /etc/modules-load.d/pcspkr.conf && [ -z "$path_type" ] && { path_state 0 /sys/module/pcspkr; [ -z "$path_type" ]; }
