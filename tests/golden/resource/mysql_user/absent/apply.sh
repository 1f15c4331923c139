mysql_do 'DROP USER IF EXISTS '\''it'\'''\''s'\''@'\''%'\'';'
