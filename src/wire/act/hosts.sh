hosts_edit() { hosts_new "$@" && text_place /etc/hosts; }
