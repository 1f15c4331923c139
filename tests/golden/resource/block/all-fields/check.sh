path_state 0 /etc/app.xml; [ "$path_type" = 8 ] && text_state /etc/app.xml && text_has '<!-- BEGIN the app -->
<a/>
<!-- END the app -->'
