service_do enable getty@tty1.service
unit_state 0 getty@tty1.service
if [ "$unit_active" != active ]; then service_do start getty@tty1.service; elif owed getty@tty1.service; then service_do restart getty@tty1.service; fi
settle getty@tty1.service
