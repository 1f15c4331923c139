if manager_is apt; then
digest_state 0 /etc/apt/sources.list.d/inline.sources; [ "$digest" = 7e341bd6d88766b1d6e4fd684851aed327fe451503f0f7c4c5d1d69bc3e39993 ] && { noted keys 995cf20a9c45daaf0a2cc31e85c29003; digest_state 0 /etc/apt/keyrings/inline.asc; [ "$note" = 'd40db1bb8e08b2bf5a54912976d965c699d49439e8ba5ae6d75a0aff66565545 '"$digest" ]; }
elif manager_is dnf; then
digest_state 0 /etc/yum.repos.d/inline.repo; [ "$digest" = 288d5ff47a4641a213454f9b89199137e929b966a047fc5ce11d6d1a0ffd8d05 ] && { noted keys 995cf20a9c45daaf0a2cc31e85c29003; digest_state 0 /etc/pki/rpm-gpg/inline.asc; [ "$note" = 'd40db1bb8e08b2bf5a54912976d965c699d49439e8ba5ae6d75a0aff66565545 '"$digest" ]; }
elif manager_is zypper; then
digest_state 0 /etc/zypp/repos.d/inline.repo; [ "$digest" = 38a4768862c29c498846829443d11d020f43bd26435f0a3efe602caad4cb8043 ] && { noted keys 995cf20a9c45daaf0a2cc31e85c29003; digest_state 0 /etc/pki/rpm-gpg/inline.asc; [ "$note" = 'd40db1bb8e08b2bf5a54912976d965c699d49439e8ba5ae6d75a0aff66565545 '"$digest" ]; } && rpm_trusts inline
elif manager_is apk; then
apk_has_repository 'https://example.com/$basearch/$releasever' && { noted keys 995cf20a9c45daaf0a2cc31e85c29003; digest_state 0 /etc/apk/keys/inline.rsa.pub; [ "$note" = 'd40db1bb8e08b2bf5a54912976d965c699d49439e8ba5ae6d75a0aff66565545 '"$digest" ]; }
else false; fi
