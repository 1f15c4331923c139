if manager_is apt; then
say 'apt needs the `suites` of repository local, and none are said'
return 1
elif manager_is dnf; then
printf %s '# Written by provision; changes made here are lost.
[local]
name=local
baseurl=file:///srv/packages
enabled=1
gpgcheck=0
' | place_repository local /etc/yum.repos.d/local.repo ''
elif manager_is zypper; then
printf %s '# Written by provision; changes made here are lost.
[local]
name=local
baseurl=file:///srv/packages
enabled=1
autorefresh=1
type=rpm-md
gpgcheck=0
' | place_repository local /etc/zypp/repos.d/local.repo ''
elif manager_is apk; then
apk_add_repository file:///srv/packages
else no_manager; fi
