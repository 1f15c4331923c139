# Node: npm_version, of a package in a folder of node_modules; empty when it is not there.
npm_state() {
  npm_version=
  [ -r "$1/$2/package.json" ] || return 0
  npm_version=$(tr ',{}' '\n' <"$1/$2/package.json" |
    sed -n 's/^[[:space:]]*"version"[[:space:]]*:[[:space:]]*"\([^"]*\)".*/\1/p' | head -n 1)
}
