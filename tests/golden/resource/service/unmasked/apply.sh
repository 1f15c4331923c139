service_do unmask cups
service_do enable cups
unit_state 0 cups
if [ "$unit_active" != active ]; then service_do start cups; elif owed cups; then service_do restart cups; fi
settle cups
