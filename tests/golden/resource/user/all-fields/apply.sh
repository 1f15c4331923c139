if getent passwd ada >/dev/null; then usermod -u 1234 -g people -d /srv/home/ada -s /bin/bash -- ada; else useradd -m -u 1234 -g people -d /srv/home/ada -s /bin/bash -- ada; fi
usermod -a -G adm,sudo -- ada
