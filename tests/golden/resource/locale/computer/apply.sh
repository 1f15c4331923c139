locale_there C.utf8 || locale_make C.UTF-8 C UTF-8
