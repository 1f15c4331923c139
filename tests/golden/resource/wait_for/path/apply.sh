await 0 60 reaches_path '/run/it'\''s ready'
