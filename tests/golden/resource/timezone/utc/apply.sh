timezone_set Etc/UTC
