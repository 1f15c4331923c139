if getent group app >/dev/null; then :; else groupadd -r -- app; fi
