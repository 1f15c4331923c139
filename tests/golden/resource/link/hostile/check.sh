path_state 0 '/srv/a -> '\''b'\'''; [ "$path_type" = a ] && [ "$path_target" = '-n $(id) -> '\''x'\'' `id` \ é' ]
