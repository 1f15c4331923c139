make_certificate /srv/app/tls/app.pem /srv/app/tls/app.key rsa-3072 app 90 '[req]
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
subjectAltName = DNS:app.example.com, DNS:*.app.example.com, IP:192.0.2.1, IP:2001:db8::1
'
