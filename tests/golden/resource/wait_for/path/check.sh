reaches_path '/run/it'\''s ready'
