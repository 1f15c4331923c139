if manager_is apt; then
digest_state 0 /etc/apt/sources.list.d/example.sources; [ "$digest" = 06d6def1647c157e321e55d060a571f70b1e1baff4cf1dab3be5cb30f9ce0adf ] && { noted keys 50d858e0985ecc7f60418aaf0cc5ab58; digest_state 0 /etc/apt/keyrings/example.asc; [ "$note" = 'd0c34ba9a7cc9690dcc4c12aaf92892852d129ab822dec46d1cfec49f471a598 '"$digest" ]; }
elif manager_is dnf; then
digest_state 0 /etc/yum.repos.d/example.repo; [ "$digest" = ce2eedc3f81808a626ab578dfd0108bf915f03c3cf36c697df229b2ccaac4f21 ] && { noted keys 50d858e0985ecc7f60418aaf0cc5ab58; digest_state 0 /etc/pki/rpm-gpg/example.asc; [ "$note" = 'd0c34ba9a7cc9690dcc4c12aaf92892852d129ab822dec46d1cfec49f471a598 '"$digest" ]; }
elif manager_is zypper; then
digest_state 0 /etc/zypp/repos.d/example.repo; [ "$digest" = 1fd0213628238b8de7717b5412b1ecc053753c985f52fd25b6d8cfee91675bf8 ] && { noted keys 50d858e0985ecc7f60418aaf0cc5ab58; digest_state 0 /etc/pki/rpm-gpg/example.asc; [ "$note" = 'd0c34ba9a7cc9690dcc4c12aaf92892852d129ab822dec46d1cfec49f471a598 '"$digest" ]; } && rpm_trusts example
elif manager_is apk; then
apk_has_repository https://example.com/debian && { noted keys 50d858e0985ecc7f60418aaf0cc5ab58; digest_state 0 /etc/apk/keys/key.asc; [ "$note" = 'd0c34ba9a7cc9690dcc4c12aaf92892852d129ab822dec46d1cfec49f471a598 '"$digest" ]; }
else false; fi
