replace_container app registry.example.com/app:1.2 3191d86b52530df4983fa041023bb46415169e33fc96438e9d03170c829b694a 'GREETING=it'\''s $(id)
MODE=production
PASSWORD=hunter2!
' '--restart=on-failure' '--publish=127.0.0.1:8080:80' '--publish=9000:9000/udp' '--volume=/srv/app:/data:ro' '--volume=cache:/cache' '--network=backend' '--user=1000:1000' '--memory=512m' '--label=a=b c' registry.example.com/app:1.2 serve --name 'it'\''s'
