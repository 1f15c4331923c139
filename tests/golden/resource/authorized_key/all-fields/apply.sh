user_state 0 backup
if [ -z "$user_entry" ]; then
say 'there is no user backup'
exit 1
fi
key_set backup "$user_home" AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f 'restrict,command="it'\''s" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f backup@nas'
