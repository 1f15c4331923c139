user_check '} ; exit 0 #'\'''
