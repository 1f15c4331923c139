[ -d /srv/app ] || {
mkdir -p -- /srv/app
own /srv/app app
}
npm_do app install --prefix /srv/app --registry https://example.com/npm -- '@angular/cli@17.*'
