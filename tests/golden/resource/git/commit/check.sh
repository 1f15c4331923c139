git_holds '' '' "${HOME:?}"/'it'\''s $(id)' '/srv/git/$(id).git' 0123456789abcdef0123456789abcdef01234567 0123456789abcdef0123456789abcdef01234567
