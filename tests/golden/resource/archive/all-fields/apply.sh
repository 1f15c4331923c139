fetch "$run/fetched" https://example.com/tool-1.2.3.tar.xz ''
refuse_digest "$run/fetched" aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
unpack_into e2c555d601bd25c7b44dbc4bbfa1e4e4 /opt/tool 9bdfb0f6b0e7935ab6f6577b9981a91f9e0a11c52a4bf6dcbd54f978f8431960 "$run/fetched" 1 root:root
