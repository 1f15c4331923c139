# text_place PATH: new takes the place of the file's text; owner and mode stay.
text_place() { printf '%s' "$new" | place "$1" '' '' ''; }
