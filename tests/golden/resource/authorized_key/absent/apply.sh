user_state 0 ada
if [ -z "$user_entry" ]; then
say 'there is no user ada'
exit 1
fi
key_set ada "$user_home" AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f ''
