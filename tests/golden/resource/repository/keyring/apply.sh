if manager_is apt; then
printf %s '# Written by provision; changes made here are lost.
Types: deb
URIs: https://deb.debian.org/debian
Suites: bookworm-backports
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
' | place_repository backports /etc/apt/sources.list.d/backports.sources ''
elif manager_is dnf; then
printf %s '# Written by provision; changes made here are lost.
[backports]
name=backports
baseurl=https://deb.debian.org/debian
enabled=1
gpgcheck=1
gpgkey=file:///usr/share/keyrings/debian-archive-keyring.gpg
' | place_repository backports /etc/yum.repos.d/backports.repo ''
elif manager_is zypper; then
printf %s '# Written by provision; changes made here are lost.
[backports]
name=backports
baseurl=https://deb.debian.org/debian
enabled=1
autorefresh=1
type=rpm-md
gpgcheck=1
gpgkey=file:///usr/share/keyrings/debian-archive-keyring.gpg
' | place_repository backports /etc/zypp/repos.d/backports.repo ''
elif manager_is apk; then
apk_add_repository https://deb.debian.org/debian
else no_manager; fi
