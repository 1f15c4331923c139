unit_state 0 cups; : && case $unit_active in active | activating | reloading | deactivating) false ;; esac && case $unit_enabled in enabled | enabled-runtime) false ;; esac
