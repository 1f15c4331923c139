printf %s '[app]
workers = 4
' | place /etc/app/settings.ini 0640 app adm
