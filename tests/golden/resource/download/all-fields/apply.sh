from=/usr/local/bin/tool
if ! { digest_state 0 /usr/local/bin/tool; [ "$digest" = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ]; }; then
fetch "$run/fetched" https://example.com/tool-1.2.3-linux-amd64 ''
refuse_digest "$run/fetched" aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
from=$run/fetched
fi
place /usr/local/bin/tool 0755 root root <"$from"
