[ -L '/srv/a -> '\''b'\''' ] || [ ! -e '/srv/a -> '\''b'\''' ] || refuse_other '/srv/a -> '\''b'\''' link
ln -sfn -- '-n $(id) -> '\''x'\'' `id` \ é' '/srv/a -> '\''b'\'''
