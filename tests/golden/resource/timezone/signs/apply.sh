timezone_set Etc/GMT+1
