service_do enable backup
service_do stop backup
settle backup
