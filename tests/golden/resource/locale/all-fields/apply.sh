locale_there de_DE.iso885915@euro || locale_make de_DE.ISO-8859-15@euro de_DE@euro ISO-8859-15
locale_set de_DE.ISO-8859-15@euro
