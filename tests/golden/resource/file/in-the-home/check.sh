path_state 0 "${HOME:?}"/.profile; [ "$path_type" = 8 ] && digest_state 0 "${HOME:?}"/.profile && [ "$digest" = 0c0c419dd02a6a98ada44bd3ba35c58d7da35f3021c3be57e66a44fd117a3b3f ]
