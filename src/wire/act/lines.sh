# PATH is edited as line_new and block_new have it.
line_set() { line_new "$@" && text_place "$1"; }
line_drop() { line_new "$@" drop && text_place "$1"; }
block_set() { block_new "$@" && text_place "$1"; }
