user_apply 'cat <<'\''EOF'\''
}
main </dev/null
exit
EOF
echo "it'\''s $(id)"
'
