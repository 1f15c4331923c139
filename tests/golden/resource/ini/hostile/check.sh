path_state 0 '/tmp/it'\''s'; [ "$path_type" = 8 ] && text_state '/tmp/it'\''s' && ini_find 'a'\''b $(id)' '$(id)'\''' '`id`'\'' = ]' && [ "$found" = same ]
