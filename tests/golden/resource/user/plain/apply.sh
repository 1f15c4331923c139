if getent passwd ada >/dev/null; then :; else useradd -m -- ada; fi
