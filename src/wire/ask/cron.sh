# crontab_state USER: text of the user's crontab; empty when there is none, or no cron.
crontab_state() {
  text_of=
  text=$(crontab -u "$1" -l 2>/dev/null) || :
}
