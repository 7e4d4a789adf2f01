#!/bin/sh
# Before the files go. An upgrade stops nothing; the data stays in any case.
set -e
case "$1" in
  remove | 0) if [ -d /run/systemd/system ]; then systemctl disable --now strongroom.service; fi ;;
esac
