[ -L "${HOME:?}"/current ] || [ ! -e "${HOME:?}"/current ] || refuse_other "${HOME:?}"/current link
ln -sfn -- '~/as it is written' "${HOME:?}"/current
