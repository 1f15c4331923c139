if getent passwd app >/dev/null; then usermod -d /nonexistent -s /usr/sbin/nologin -- app; else useradd -r -d /nonexistent -s /usr/sbin/nologin -- app; fi
