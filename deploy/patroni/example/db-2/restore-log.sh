#!/bin/sh
# Written by Holdfast: what is changed here is lost. PostgreSQL calls it for each log that it recovers from:
#   restore-log.sh NAME PATH
set -u
PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin${PATH:+:$PATH}
export PATH
source='/mnt/archive'/wal/$1.gz
if [ -e "$source" ]; then
  gzip -dc "$source" >"$2.partial" || exit 1
  mv "$2.partial" "$2"
  exit 0
fi
logs=''
[ -n "$logs" ] && [ -e "$logs/$1" ] && exec cp "$logs/$1" "$2"
exit 1
