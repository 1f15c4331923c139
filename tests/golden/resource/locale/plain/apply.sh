locale_there en_GB.utf8 || locale_make en_GB.UTF-8 en_GB UTF-8
