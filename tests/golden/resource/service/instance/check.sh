unit_state 0 getty@tty1.service; : && [ "$unit_active" = active ] && case $unit_enabled in enabled | static | indirect | generated | alias) ;; *) false ;; esac
