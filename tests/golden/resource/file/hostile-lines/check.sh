path_state 0 /tmp/lines; [ "$path_type" = 8 ] && digest_state 0 /tmp/lines && [ "$digest" = 96aca6a3cd7ce0e392996d3f93a644d48fdbacedd31f4310fe28057cd3cd507e ]
