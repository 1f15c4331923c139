if user_check '! needs-restarting -r'; then false; fi
