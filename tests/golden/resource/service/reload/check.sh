unit_state 0 nginx; : && [ "$unit_active" = active ] && case $unit_enabled in enabled | static | indirect | generated | alias) ;; *) false ;; esac
