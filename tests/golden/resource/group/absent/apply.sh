groupdel -- people
