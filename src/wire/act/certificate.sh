# make_certificate PATH KEY TYPE OWNER DAYS CONFIG: DAYS is empty for a request. The key is made here and stays here.
make_certificate() {
  if ! command -v openssl >/dev/null; then
    say "there is no openssl on this host; install the package openssl in an earlier step"
    return 1
  fi
  if [ -s "$2" ] && ! openssl pkey -passin pass: -in "$2" -noout 2>/dev/null; then
    say "$2 holds something else than a private key without a passphrase; remove it first, it is not replaced"
    return 1
  fi
  if [ "$(key_type "$2")" = "$3" ]; then
    own "$2" "$4"
    chmod 0600 "$2"
  else
    made=$(make_key "$3" 2>"$run/openssl") || {
      cat "$run/openssl"
      return 1
    }
    printf '%s\n' "$made" | place "$2" 0600 "$4" ''
  fi
  printf '%s' "$6" >"$run/openssl.cnf"
  made=$(openssl req -config "$run/openssl.cnf" -new ${5:+-x509 -sha256 -days "$5"} -key "$2")
  printf '%s\n' "$made" | place "$1" '' '' ''
}

make_key() {
  case $1 in
    ecdsa-p256) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:named_curve ;;
    ecdsa-p384) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -pkeyopt ec_param_enc:named_curve ;;
    ed25519) openssl genpkey -algorithm ED25519 ;;
    rsa-*) openssl genpkey -algorithm RSA -pkeyopt "rsa_keygen_bits:${1#rsa-}" ;;
  esac
}
