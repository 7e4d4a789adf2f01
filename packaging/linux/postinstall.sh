#!/bin/sh
# After the files are there: the account that the service runs on, and a restart of a
# server that was running. A first installation starts nothing, so that settings come first.
set -e
if ! getent passwd strongroom >/dev/null; then
  useradd --system --user-group --home-dir /var/lib/strongroom --no-create-home --shell /usr/sbin/nologin strongroom
fi
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  systemctl try-restart strongroom.service
fi
if [ "$1" = configure ] && [ -z "$2" ] || [ "$1" = 1 ]; then
  echo "Strongroom is installed. Settings go into /var/lib/strongroom/.env; then: systemctl enable --now strongroom"
fi
