if getent passwd o-brien >/dev/null; then usermod -d '/home/o'\''brien $(id)' -- o-brien; else useradd -m -d '/home/o'\''brien $(id)' -- o-brien; fi
