ufw_add reject '' 'in on eth1 from 10.0.0.0/8 to any port 6000:6007 proto udp'
