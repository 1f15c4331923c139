if getent group people >/dev/null; then :; else groupadd -- people; fi
