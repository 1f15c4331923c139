unit_state 0 cups
if [ "$unit_active" = active ]; then service_do stop cups; fi
service_do mask cups
settle cups
