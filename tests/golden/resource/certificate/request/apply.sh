make_certificate '/etc/ssl/app'\''s.csr' '/etc/ssl/private/app'\''s.key' ecdsa-p384 '' '' '[req]
prompt = no
distinguished_name = name
x509_extensions = wanted
req_extensions = wanted
[name]
CN = app.example.com
[wanted]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth, clientAuth
subjectAltName = DNS:app.example.com
'
