{ [ ! -f /usr/local/bin/tool ] || cat -- /usr/local/bin/tool; } | place /usr/local/bin/tool 4755 '' ''
