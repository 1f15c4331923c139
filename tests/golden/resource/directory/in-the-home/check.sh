path_state 0 "${HOME:?}"/releases/1.0; [ "$path_type" = 4 ] && [ "$path_mode" = 1ed ]
