block_set /etc/app.xml '<!-- BEGIN the app -->
<a/>
<!-- END the app -->'"$nl" '<!-- BEGIN the app -->' '<!-- END the app -->' before '^</root>'
