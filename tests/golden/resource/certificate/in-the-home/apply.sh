make_certificate "${HOME:?}"/tls/me.pem "${HOME:?}"/tls/me.key ed25519 '' 365 '[req]
prompt = no
distinguished_name = name
x509_extensions = wanted
req_extensions = wanted
[name]
CN = localhost
[wanted]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth, clientAuth
subjectAltName = DNS:localhost
'
