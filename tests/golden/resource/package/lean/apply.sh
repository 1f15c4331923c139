install_packages --no-install-recommends nginx
