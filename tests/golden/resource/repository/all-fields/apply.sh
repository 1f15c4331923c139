if manager_is apt; then
fetch "$run/fetched" https://example.com/key.asc ''
refuse_digest "$run/fetched" aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
refuse_key "$run/fetched" 9dc858229fc7dd38854ae2d88d81803c0ebfcd88
place_key 50d858e0985ecc7f60418aaf0cc5ab58 /etc/apt/keyrings/example.asc d0c34ba9a7cc9690dcc4c12aaf92892852d129ab822dec46d1cfec49f471a598 <"$run/fetched"
printf %s '# Written by provision; changes made here are lost.
Types: deb
URIs: https://example.com/debian
Suites: bookworm bookworm-updates
Components: main contrib
Architectures: amd64
Signed-By: /etc/apt/keyrings/example.asc
' | place_repository example /etc/apt/sources.list.d/example.sources /etc/apt/keyrings/example.asc
elif manager_is dnf; then
fetch "$run/fetched" https://example.com/key.asc ''
refuse_digest "$run/fetched" aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
refuse_key "$run/fetched" 9dc858229fc7dd38854ae2d88d81803c0ebfcd88
place_key 50d858e0985ecc7f60418aaf0cc5ab58 /etc/pki/rpm-gpg/example.asc d0c34ba9a7cc9690dcc4c12aaf92892852d129ab822dec46d1cfec49f471a598 <"$run/fetched"
printf %s '# Written by provision; changes made here are lost.
[example]
name=example
baseurl=https://example.com/debian
enabled=1
gpgcheck=1
gpgkey=file:///etc/pki/rpm-gpg/example.asc
' | place_repository example /etc/yum.repos.d/example.repo /etc/pki/rpm-gpg/example.asc
elif manager_is zypper; then
fetch "$run/fetched" https://example.com/key.asc ''
refuse_digest "$run/fetched" aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
refuse_key "$run/fetched" 9dc858229fc7dd38854ae2d88d81803c0ebfcd88
place_key 50d858e0985ecc7f60418aaf0cc5ab58 /etc/pki/rpm-gpg/example.asc d0c34ba9a7cc9690dcc4c12aaf92892852d129ab822dec46d1cfec49f471a598 <"$run/fetched"
printf %s '# Written by provision; changes made here are lost.
[example]
name=example
baseurl=https://example.com/debian
enabled=1
autorefresh=1
type=rpm-md
gpgcheck=1
gpgkey=file:///etc/pki/rpm-gpg/example.asc
' | place_repository example /etc/zypp/repos.d/example.repo /etc/pki/rpm-gpg/example.asc
elif manager_is apk; then
fetch "$run/fetched" https://example.com/key.asc ''
refuse_digest "$run/fetched" aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
refuse_key "$run/fetched" 9dc858229fc7dd38854ae2d88d81803c0ebfcd88
place_key 50d858e0985ecc7f60418aaf0cc5ab58 /etc/apk/keys/key.asc d0c34ba9a7cc9690dcc4c12aaf92892852d129ab822dec46d1cfec49f471a598 <"$run/fetched"
apk_add_repository https://example.com/debian
else no_manager; fi
