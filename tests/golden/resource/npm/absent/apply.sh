npm_do '' uninstall --global --prefix /usr/local -- left-pad
