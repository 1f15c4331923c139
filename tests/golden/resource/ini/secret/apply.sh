ini_set /etc/app.ini db password hunter2 '='
