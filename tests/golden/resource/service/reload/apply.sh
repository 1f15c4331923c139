service_do enable nginx
unit_state 0 nginx
if [ "$unit_active" != active ]; then service_do start nginx; elif owed nginx; then service_do reload nginx; fi
settle nginx
