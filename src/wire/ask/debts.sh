# Debts: a change that owes a service a reload notes it before it is made; the service's step pays.
# no_debt NAME STEP...: nothing is owed to NAME, and none of the steps that could owe it is about to change.
no_debt() {
  [ ! -e "$state/debts/$1" ] || return 1
  [ -n "$fresh" ] || return 0
  shift
  for step; do
    case "$wanted " in *" $step "*) return 1 ;; esac
  done
}
