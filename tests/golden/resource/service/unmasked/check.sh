unit_state 0 cups; : && case $unit_enabled in masked*) false ;; esac && [ "$unit_active" = active ] && case $unit_enabled in enabled | static | indirect | generated | alias) ;; *) false ;; esac
