from=/srv/data.json
if ! { digest_state 0 /srv/data.json; noted downloads 040c5265b13e72e652bc02dc284cc144; [ "$note" = '5da481bf6f93b424acc67d4bcc86d88c00e49244e6b46875363e4a91e2f2c3e9 '"$digest" ]; }; then
fetch "$run/fetched" 'https://example.com/data.json?a=b&c=d' ''
from=$run/fetched
fi
place /srv/data.json '' '' '' <"$from"
fresh=
digest_state 0 /srv/data.json
take_note downloads 040c5265b13e72e652bc02dc284cc144 '5da481bf6f93b424acc67d4bcc86d88c00e49244e6b46875363e4a91e2f2c3e9 '"$digest"
