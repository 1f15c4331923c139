timezone_set Europe/Berlin
