if getent group people >/dev/null; then groupmod -g 1234 -- people; else groupadd -g 1234 -- people; fi
