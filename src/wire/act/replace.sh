replace_all() { replace_new "$@" && text_place "$1"; }
