[ -x "${HOME:?}"/'it'\''s'/bin/python ] && [ -x "${HOME:?}"/'it'\''s'/bin/pip ] && pip_list "${HOME:?}"/'it'\''s' && pip_has my_tool 1.0
