{ [ ! -e "${HOME:?}"/releases/1.0 ] && [ ! -L "${HOME:?}"/releases/1.0 ]; } || { [ -d "${HOME:?}"/releases/1.0 ] && [ ! -L "${HOME:?}"/releases/1.0 ]; } || refuse_other "${HOME:?}"/releases/1.0 directory
mkdir -p -- "${HOME:?}"/releases/1.0
own "${HOME:?}"/releases/1.0 ''
chmod 0755 "${HOME:?}"/releases/1.0
