if manager_is apt; then
false
elif manager_is dnf; then
digest_state 0 /etc/yum.repos.d/local.repo; [ "$digest" = 5504181e6791603aaeab52d358c06acd5248f92c654f2f50616fb12002f2b327 ]
elif manager_is zypper; then
digest_state 0 /etc/zypp/repos.d/local.repo; [ "$digest" = 52d06f10ee43b7fd659001da3cc9562fb1147bb02992aed98deda9595938a995 ]
elif manager_is apk; then
apk_has_repository file:///srv/packages
else false; fi
