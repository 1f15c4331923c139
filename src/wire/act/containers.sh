docker_is_there() {
  command -v docker >/dev/null || {
    say "there is no docker on this host; install it in an earlier step"
    return 1
  }
}

# replace_container NAME IMAGE DIGEST ENVIRONMENT WORD...: the words make it. The old one serves until the new one is
# made, and comes back when the new one does not start.
replace_container() {
  docker_is_there
  name=$1
  image=$2
  (
    umask 077
    printf '%s' "$4" >"$run/environment"
    echo "provision.settings=$3" >"$run/labels"
  )
  shift 4
  docker image inspect "$image" >/dev/null 2>&1 || docker pull -q "$image"
  if container_is_there "$name.new"; then docker rm -f "$name.new" >/dev/null; fi
  docker create --name "$name.new" --env-file "$run/environment" --label-file "$run/labels" "$@" >/dev/null
  rm -f "$run/environment" "$run/labels"
  if container_is_there "$name"; then
    if container_is_there "$name.old"; then docker rm -f "$name.old" >/dev/null; fi
    docker rename "$name" "$name.old"
  fi
  if container_is_there "$name.old"; then docker stop "$name.old" >/dev/null; fi
  docker rename "$name.new" "$name"
  if docker start "$name" >/dev/null; then
    if container_is_there "$name.old"; then docker rm "$name.old" >/dev/null; fi
    return 0
  fi
  docker rm -f "$name" >/dev/null
  if container_is_there "$name.old"; then
    docker rename "$name.old" "$name"
    docker start "$name" >/dev/null
    say "the container as it was before runs again"
  fi
  return 1
}

remove_container() {
  for name in "$1" "$1.old" "$1.new"; do
    if container_is_there "$name"; then docker rm -f "$name" >/dev/null; fi
  done
}
