install_packages --install-recommends libstdc++6
