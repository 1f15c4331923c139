user_state 0 ada; [ -z "$user_entry" ] || { keys_state && key_only AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f ''; }
