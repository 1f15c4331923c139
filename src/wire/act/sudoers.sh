# sudoers_place PATH: stdin becomes the file, unless visudo finds fault with it. When it is what makes all rules
# together wrong, the file that was there before comes back: nobody is left without sudo.
sudoers_place() {
  if ! command -v visudo >/dev/null; then
    say "visudo is not on this host, so the rules cannot be checked; install sudo first"
    return 1
  fi
  cat >"$run/sudoers"
  # It names the file it has read, which is none that anybody knows.
  if ! visudo -cf "$run/sudoers" >"$run/sudoers.said" 2>&1; then
    sed "s|$run/sudoers|$1|g" <"$run/sudoers.said"
    return 1
  fi
  sound=
  if visudo -c >/dev/null 2>&1; then sound=1; fi
  had=
  if [ -f "$1" ] && [ ! -L "$1" ]; then
    cat -- "$1" >"$run/sudoers.before"
    had=1
  fi
  place "$1" 0440 root root <"$run/sudoers" || return 1
  if [ -n "$sound" ] && ! visudo -c >"$run/sudoers.said" 2>&1; then
    if [ -n "$had" ]; then place "$1" 0440 root root <"$run/sudoers.before"; else rm -f -- "$1"; fi
    cat "$run/sudoers.said"
    say "with $1 the rules as a whole would be wrong; it is as before"
    return 1
  fi
}
