install_packages full nginx
