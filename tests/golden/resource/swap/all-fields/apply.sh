swap_make '/var/it'\''s swap' '/var/it'\''s\040swap' 512
fstab_set 1 '/var/it'\''s\040swap' '/var/it'\''s\040swap none swap sw 0 0'
