ini_set '/tmp/it'\''s' 'a'\''b $(id)' '$(id)'\''' '`id`'\'' = ]' '='
