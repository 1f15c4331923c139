fetch "$run/fetched" http://example.com/x.tgz secret 'Authorization: token $(id)'
unpack_into d477025dd28b8ace97d80e72decf85b6 /srv/private 1761cc0c8cb4e98211b3d873de166003a7e383d082ed8ca7672308f938dbc425 "$run/fetched" 0 ''
