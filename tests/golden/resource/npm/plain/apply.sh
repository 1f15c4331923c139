npm_do '' install --global --prefix /usr/local -- typescript
