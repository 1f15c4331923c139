service_do disable cups
service_do stop cups
settle cups
