#!/bin/sh
# Makes this machine db-2: run it as root, in this folder. It starts nothing and overwrites no data.
set -eu
[ -d '/mnt/archive' ] || { echo 'Mount /mnt/archive first: all machines share it.' >&2; exit 1; }
if [ -e '/var/lib/holdfast-db/db-2/machine' ] || [ ! -e '/var/lib/holdfast-db/db-2' ]; then :; else
  echo '/var/lib/holdfast-db/db-2 is there and was not made by this.' >&2; exit 1
fi
[ -e /dev/watchdog ] || modprobe softdog || echo 'This machine has no watchdog.' >&2
install -d -o postgres -g postgres -m 700 '/var/lib/holdfast-db' '/var/lib/holdfast-db/db-2' '/var/lib/holdfast-db/db-2/etcd' '/mnt/archive/wal'
echo 'db-2' >'/var/lib/holdfast-db/db-2/machine'
[ -e '/mnt/archive/holdfast-backups' ] || install -o postgres -g postgres -m 600 /dev/null '/mnt/archive/holdfast-backups'
for file in patroni.yml etcd.yml archive-log.sh restore-log.sh post-bootstrap.sh promote.sh; do
  install -o postgres -g postgres -m 600 "$file" '/var/lib/holdfast-db/db-2/'"$file"
done
install -m 644 holdfast-etcd.service holdfast-patroni.service /etc/systemd/system/
install -m 644 journald@holdfast-db.conf /etc/systemd/
systemctl daemon-reload
echo 'Now, on every machine: systemctl enable --now holdfast-etcd, and then holdfast-patroni'
