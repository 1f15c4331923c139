printf %s '' >"$run/fetched"
unpack_into 06d5dc98232198c00cd99d4035556e07 "${HOME:?}"/site f4ceb835f4e4d2e72886c987db84373b4dec63525e7e12507920d4d762371584 "$run/fetched" 0 ''
