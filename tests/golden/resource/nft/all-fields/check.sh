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
		ip saddr 203.0.113.0/24 drop
		tcp dport { 80, 443, 8000-8080 } accept
		udp dport 60000-61000 accept
		ip saddr 10.0.0.0/8 tcp dport 5432 accept
		ip6 saddr fd00::/8 tcp dport 5432 accept
		iifname "wg0" accept
		tcp dport 25 limit rate 10/minute accept
	}
	chain forward {
		type filter hook forward priority filter; policy accept;
		ct state established,related accept
	}
}
'
