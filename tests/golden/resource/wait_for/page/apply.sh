await 0 120 reaches_page 'https://app.example.com/health?it='\''s' 204
