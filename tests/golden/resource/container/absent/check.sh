! container_is_there old
