user_check '[ "$(cat /etc/datacentre)" = "$wanted" ]' wanted '=it'\''s $here'
