userdel -- mallory
