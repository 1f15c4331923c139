install_packages lean nginx
