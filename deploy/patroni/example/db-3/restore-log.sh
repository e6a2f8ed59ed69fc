#!/bin/sh
# Written by Holdfast: what is changed here is lost. PostgreSQL calls it for each log that it recovers from:
#   restore-log.sh NAME PATH
set -u
PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin${PATH:+:$PATH}
export PATH
# pg_rewind calls it elsewhere than in the data folder, and with the whole path.
system=$(od -An -tu8 -N8 "$(dirname "$(dirname "$2")")/global/pg_control" | tr -d ' \n')
source='/mnt/archive'/wal/$system/$1.gz
# As they were stored before each database had a folder of its own.
[ -e "$source" ] || source='/mnt/archive'/wal/$1.gz
if [ -e "$source" ]; then
  gzip -dc "$source" >"$2.partial" || exit 1
  mv "$2.partial" "$2"
  exit 0
fi
logs=''
[ -n "$logs" ] && [ -e "$logs/$1" ] && exec cp "$logs/$1" "$2"
exit 1
