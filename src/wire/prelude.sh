# Every program begins with this text: it looks at the host and answers. Nothing in it changes anything; what does
# comes in a second half, which the same shell is given when the controller has heard the answer.
# Lines that are only a comment are not sent.
#
# Words: slot, the number of a read within its kind; fresh, set while the snapshot may be believed.
# dash tries every length that a pattern may match one by one, so patterns here match little at a time.

PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
unset CDPATH ENV BASH_ENV POSIXLY_CORRECT
umask 022
nl='
'
IFS=' 	'$nl
# Answers are split into fields unquoted, so no field may act as a pattern.
set -f
fresh=

# Where the state of unfinished business is kept: as root in the system, else at home. A host that is only a corner of
# a machine, such as a demo's, says where.
if [ -n "${PROVISION_STATE-}" ]; then state=$PROVISION_STATE; elif [ -w /var/lib ]; then state=/var/lib/provision; else state=${HOME:-/nonexistent}/.local/state/provision; fi
if [ -d /run/systemd/system ]; then init=systemd; else init=sysv; fi

# frame WORD...: tells the controller something it can tell from any output.
frame() { printf '\n\036%s %s\n' "$nonce" "$*"; }

# What is not there is an answer and no failure: applies ask too, where a failing command is their end.

# predict: asks every step; `wanted` is the list of those that do not hold.
predict() {
  wanted=
  step_now=0
  while [ "$step_now" -lt "$steps" ]; do
    case $slow in *" $step_now "*) frame check "$step_now" ;; esac
    "c$step_now" || wanted="$wanted $step_now"
    step_now=$((step_now + 1))
  done
  # shellcheck disable=SC2086 # the list is numbers; each is a word of the frame
  frame plan "$steps" $wanted
}
