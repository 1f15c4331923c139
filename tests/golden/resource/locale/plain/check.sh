locale_there en_GB.utf8
