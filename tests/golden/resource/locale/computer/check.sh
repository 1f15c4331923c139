locale_there C.utf8
