if manager_is apt; then
digest_state 0 /etc/apt/sources.list.d/backports.sources; [ "$digest" = dab13168c02c66bda3a6f479a7da38b524286953b8e7e421912c8118124b92a9 ]
elif manager_is dnf; then
digest_state 0 /etc/yum.repos.d/backports.repo; [ "$digest" = e4465043b306657a31fd168a2cb992c88161c332f0eae44a90dc0b7bc2f8ac01 ]
elif manager_is zypper; then
digest_state 0 /etc/zypp/repos.d/backports.repo; [ "$digest" = be67680685c49e64835a71988a8558182188250e98685dd79d0f48984051607c ] && rpm_trusts backports
elif manager_is apk; then
apk_has_repository https://deb.debian.org/debian
else false; fi
