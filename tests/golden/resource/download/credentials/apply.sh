from="${HOME:?}"/'it'\''s a file'
if ! { digest_state 0 "${HOME:?}"/'it'\''s a file'; noted downloads a1e90454d1feed4e6e10a80e441f515b; [ "$note" = 'dbb7047ffb87e416e0821f9700b5bae36125cea36ded52f5c3031b383b7360ae '"$digest" ]; }; then
fetch "$run/fetched" 'https://me:p%40ss@example.com/$(id)' secret 'Authorization: Bearer a\"b\\c' 'X-Other: it'\''s'
from=$run/fetched
fi
place "${HOME:?}"/'it'\''s a file' '' '' '' <"$from"
fresh=
digest_state 0 "${HOME:?}"/'it'\''s a file'
take_note downloads a1e90454d1feed4e6e10a80e441f515b 'dbb7047ffb87e416e0821f9700b5bae36125cea36ded52f5c3031b383b7360ae '"$digest"
