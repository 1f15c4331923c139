locale_there de_DE.iso885915@euro && locale_default de_DE.ISO-8859-15@euro
