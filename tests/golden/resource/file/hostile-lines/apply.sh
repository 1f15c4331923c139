printf %s 'EOF
}
main </dev/null
exit
frame
' | place /tmp/lines '' '' ''
