if manager_is apt; then
rm -f -- /etc/apt/sources.list.d/gone.sources /etc/apt/keyrings/gone.asc
elif manager_is dnf; then
rm -f -- /etc/yum.repos.d/gone.repo /etc/pki/rpm-gpg/gone.asc
elif manager_is zypper; then
rm -f -- /etc/zypp/repos.d/gone.repo /etc/pki/rpm-gpg/gone.asc
elif manager_is apk; then
apk_drop_repository ''
else no_manager; fi
