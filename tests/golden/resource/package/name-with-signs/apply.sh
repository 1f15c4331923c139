install_packages full libstdc++6
