nft_holds provision '# Written by provision; changes made here are lost.
table inet provision
delete table inet provision
table inet provision {
	chain input {
		type filter hook input priority filter; policy drop;
		ct state established,related accept
		ct state invalid drop
		iifname "lo" accept
		meta l4proto { 1, 58 } accept
		ip6 saddr fe80::/10 udp dport 546 accept
		tcp dport ' ' accept
		tcp dport { 80, 443 } accept
	}
}
' && nft_included && unit_state 0 nftables && [ "$unit_enabled" = enabled ]
