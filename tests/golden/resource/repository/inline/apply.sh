if manager_is apt; then
printf %s '-----BEGIN PGP PUBLIC KEY BLOCK-----

it'\''s $(id)
-----END PGP PUBLIC KEY BLOCK-----
' >"$run/fetched"
place_key 995cf20a9c45daaf0a2cc31e85c29003 /etc/apt/keyrings/inline.asc d40db1bb8e08b2bf5a54912976d965c699d49439e8ba5ae6d75a0aff66565545 <"$run/fetched"
printf %s '# Written by provision; changes made here are lost.
Types: deb
URIs: https://example.com/$basearch/$releasever
Suites: ./
Signed-By: /etc/apt/keyrings/inline.asc
' | place_repository inline /etc/apt/sources.list.d/inline.sources /etc/apt/keyrings/inline.asc
elif manager_is dnf; then
printf %s '-----BEGIN PGP PUBLIC KEY BLOCK-----

it'\''s $(id)
-----END PGP PUBLIC KEY BLOCK-----
' >"$run/fetched"
place_key 995cf20a9c45daaf0a2cc31e85c29003 /etc/pki/rpm-gpg/inline.asc d40db1bb8e08b2bf5a54912976d965c699d49439e8ba5ae6d75a0aff66565545 <"$run/fetched"
printf %s '# Written by provision; changes made here are lost.
[inline]
name=inline
baseurl=https://example.com/$basearch/$releasever
enabled=1
gpgcheck=1
gpgkey=file:///etc/pki/rpm-gpg/inline.asc
' | place_repository inline /etc/yum.repos.d/inline.repo /etc/pki/rpm-gpg/inline.asc
elif manager_is zypper; then
printf %s '-----BEGIN PGP PUBLIC KEY BLOCK-----

it'\''s $(id)
-----END PGP PUBLIC KEY BLOCK-----
' >"$run/fetched"
place_key 995cf20a9c45daaf0a2cc31e85c29003 /etc/pki/rpm-gpg/inline.asc d40db1bb8e08b2bf5a54912976d965c699d49439e8ba5ae6d75a0aff66565545 <"$run/fetched"
printf %s '# Written by provision; changes made here are lost.
[inline]
name=inline
baseurl=https://example.com/$basearch/$releasever
enabled=1
autorefresh=1
type=rpm-md
gpgcheck=1
gpgkey=file:///etc/pki/rpm-gpg/inline.asc
' | place_repository inline /etc/zypp/repos.d/inline.repo /etc/pki/rpm-gpg/inline.asc
elif manager_is apk; then
printf %s '-----BEGIN PGP PUBLIC KEY BLOCK-----

it'\''s $(id)
-----END PGP PUBLIC KEY BLOCK-----
' >"$run/fetched"
place_key 995cf20a9c45daaf0a2cc31e85c29003 /etc/apk/keys/inline.rsa.pub d40db1bb8e08b2bf5a54912976d965c699d49439e8ba5ae6d75a0aff66565545 <"$run/fetched"
apk_add_repository 'https://example.com/$basearch/$releasever'
else no_manager; fi
