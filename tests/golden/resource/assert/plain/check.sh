user_check '[ "$(df -Pk /var | awk '\''NR == 2 { print $4 }'\'')" -ge 2097152 ]'
