# Containers: they carry a digest of the settings they were made with.

# container_runs NAME IMAGE DIGEST: from what the image's name stands for on this host now.
container_runs() {
  found=$(docker container inspect -f '{{.State.Running}} {{index .Config.Labels "provision.settings"}} {{.Image}}' "$1" 2>/dev/null) || return 1
  case $found in "true $3 "*) ;; *) return 1 ;; esac
  image=$(docker image inspect -f '{{.Id}}' "$2" 2>/dev/null) || return 0
  [ "${found##* }" = "$image" ]
}

container_is_there() { docker container inspect -f . "$1" >/dev/null 2>&1; }
