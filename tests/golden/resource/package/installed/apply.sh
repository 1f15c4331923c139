install_packages --install-recommends nginx
