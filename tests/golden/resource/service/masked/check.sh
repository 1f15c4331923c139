unit_state 0 cups; : && case $unit_enabled in masked) ;; *) false ;; esac && case $unit_active in active | activating | reloading | deactivating) false ;; esac
