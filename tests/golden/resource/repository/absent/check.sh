if manager_is apt; then
path_state 0 /etc/apt/sources.list.d/gone.sources; [ -z "$path_type" ] && { path_state 0 /etc/apt/keyrings/gone.asc; [ -z "$path_type" ]; }
elif manager_is dnf; then
path_state 0 /etc/yum.repos.d/gone.repo; [ -z "$path_type" ] && { path_state 0 /etc/pki/rpm-gpg/gone.asc; [ -z "$path_type" ]; }
elif manager_is zypper; then
path_state 0 /etc/zypp/repos.d/gone.repo; [ -z "$path_type" ] && { path_state 0 /etc/pki/rpm-gpg/gone.asc; [ -z "$path_type" ]; }
elif manager_is apk; then
if apk_has_repository ''; then false; fi
else true; fi
