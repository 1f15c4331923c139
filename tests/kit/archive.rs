//! A Debian archive on a host itself: packages whose installation takes as long as a test wants, without a network.

use super::docker::Host;

/// Makes packages that install at once, and packages that wait in the middle until `open`ed; the host then knows this
/// archive and no other.
pub fn make(host: Host, quick: &[&str], gated: &[&str]) {
    let script = format!(
        r#"set -e
mkdir -p /srv/archive /srv/gate
cd /srv/archive
build() {{
  rm -rf /tmp/build && mkdir -p /tmp/build/DEBIAN "/tmp/build/usr/share/$1"
  echo content >"/tmp/build/usr/share/$1/file"
  printf 'Package: %s\nVersion: 1.0\nArchitecture: all\nMaintainer: Nobody <nobody@example.com>\nDescription: a test\n' "$1" \
    >/tmp/build/DEBIAN/control
  printf '#!/bin/sh\n%s\n' "$2" >/tmp/build/DEBIAN/postinst
  chmod 755 /tmp/build/DEBIAN/postinst
  dpkg-deb --root-owner-group -b /tmp/build "$1.deb" >/dev/null
  rm -rf /tmp/build
}}
for name in {quick}; do build "$name" ':'; done
for name in {gated}; do
  build "$name" "touch /srv/gate/$name.begun
tries=0
until [ -e /srv/gate/$name ] || [ \$tries -gt 600 ]; do sleep 0.1; tries=\$((tries + 1)); done"
done
for deb in *.deb; do
  dpkg-deb -f "$deb"
  printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$deb" "$(stat -c %s "$deb")" "$(sha256sum "$deb" | cut -d' ' -f1)"
done >Packages
[ -e /srv/sources ] || tar -cf /srv/sources -C /etc/apt sources.list sources.list.d
rm -f /etc/apt/sources.list.d/*
echo 'deb [trusted=yes] copy:/srv/archive ./' >/etc/apt/sources.list
apt-get update
"#,
        quick = quick.join(" "),
        gated = gated.join(" "),
    );
    host.sh(&script);
}

/// Gives the host its own sources back, for the tests after this one.
pub fn undo(host: Host) {
    host.sh("tar -xf /srv/sources -C /etc/apt && rm -rf /var/lib/apt/lists && mkdir -p /var/lib/apt/lists/partial");
}

/// Lets a gated package go on.
pub fn open(host: Host, package: &str) {
    host.sh(&format!("touch /srv/gate/{package}"));
}

/// Waits until a gated package's installation is in its middle, with apt and dpkg at work.
pub fn until_begun(host: Host, package: &str) {
    host.until(
        &format!("{package} is being installed"),
        &format!("test -e /srv/gate/{package}.begun && pgrep -x dpkg && pgrep -x apt-get"),
    );
}

/// The state dpkg has a package in, such as `ii`.
pub fn status(host: Host, package: &str) -> String {
    let query = format!("dpkg-query -W -f '${{db:Status-Abbrev}}' {package} 2>/dev/null || true");
    host.sh(&query).trim().to_owned()
}
