line_drop /etc/hosts.allow 'ALL: ALL' ''
