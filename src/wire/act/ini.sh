ini_set() { ini_new "$@" set && text_place "$1"; }
ini_drop() { ini_new "$@" '' '' drop && text_place "$1"; }
