ini_set /etc/php/8.2/cli/php.ini PHP memory_limit 256M '='
