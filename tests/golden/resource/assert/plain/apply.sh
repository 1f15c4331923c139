say 'make room there first: `du -xh -d 2 /var | sort -h`'
false
