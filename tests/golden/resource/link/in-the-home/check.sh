path_state 0 "${HOME:?}"/current; [ "$path_type" = a ] && [ "$path_target" = '~/as it is written' ]
