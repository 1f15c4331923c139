nft_load provision '# Written by provision; changes made here are lost.
table inet provision
delete table inet provision
table inet provision {
	chain input {
		type filter hook input priority filter; policy accept;
		ct state established,related accept
		ct state invalid drop
		iifname "lo" accept
		meta l4proto { 1, 58 } accept
		ip6 saddr fe80::/10 udp dport 546 accept
		tcp dport ' ' accept
		iifname "eth1" ip saddr 192.0.2.7 tcp dport 3306 drop
		meta nfproto ipv6 udp dport { 53, 5353 } accept
		ip saddr 192.0.2.1 log prefix "it'\''s $(id) " drop
	}
}
'
nft_boot
