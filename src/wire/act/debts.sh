owe() {
  mkdir -p "$state/debts"
  true >"$state/debts/$1"
}
owed() { [ -e "$state/debts/$1" ]; }
settle() { rm -f "$state/debts/$1"; }
