# Keys and certificates. A key's text stays in pipes; only its public half is looked at.

# key_type PATH: as a step names it; empty when there is no key that can be read.
key_type() {
  text=$(openssl pkey -passin pass: -in "$1" -pubout 2>/dev/null | openssl pkey -pubin -noout -text 2>/dev/null) || :
  case $text in
    *prime256v1*) echo ecdsa-p256 ;;
    *secp384r1*) echo ecdsa-p384 ;;
    ED25519*) echo ed25519 ;;
    *"(2048 bit)"*Modulus*) echo rsa-2048 ;;
    *"(3072 bit)"*Modulus*) echo rsa-3072 ;;
    *"(4096 bit)"*Modulus*) echo rsa-4096 ;;
  esac
}

# certificate_holds KIND PATH KEY TYPE NAMES: KIND is x509 or req; it is for this key and these names, in this order.
certificate_holds() {
  [ "$(key_type "$3")" = "$4" ] || return 1
  public=$(openssl pkey -passin pass: -in "$3" -pubout 2>/dev/null) || return 1
  [ "$(openssl "$1" -in "$2" -noout -pubkey 2>/dev/null)" = "$public" ] || return 1
  names=$(openssl "$1" -in "$2" -noout -text 2>/dev/null | sed -n '/Subject Alternative Name/{n;s/ //g;p;}') || return 1
  [ "$names" = "$5" ]
}

# certificate_lasts PATH SECONDS
certificate_lasts() { openssl x509 -in "$1" -noout -checkend "$2" >/dev/null 2>&1; }
