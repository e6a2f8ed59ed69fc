#!/bin/sh
# Written by Holdfast at every start: what is changed here is lost. PostgreSQL calls it for each finished log:
#   archive-log.sh PATH NAME
set -u
PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin${PATH:+:$PATH}
export PATH
path=$1
name=$2
folder='/mnt/archive'
lost='/var/lib/holdfast-db/db-2/lost-logs'
limit=256
# Which database this is: another one in the same place, made anew or upgraded, has logs of the same names.
system=$(od -An -tu8 -N8 "$(dirname "$(dirname "$path")")/global/pg_control" | tr -d ' \n')
store=$folder/wal/$system
target=$store/$name.gz
partial=$store/.$name.partial

volume() { df -Pk "$1" | awk 'NR == 2 { print $1 }'; }

refuse() {
  rm -f "$partial"
  waiting=$(ls pg_wal/archive_status | grep -c '\.ready$')
  # Given up only where they can be counted: a log that is kept for too long can still be archived.
  if ! [ "${waiting:-0}" -gt "$limit" ]; then
    echo "holdfast: $name is not archived: $1 (${waiting:-unknown} logs wait)" >&2
    exit 1
  fi
  echo "holdfast: $name is given up: $1. The next base backup begins anew" >&2
  echo "$name" >>"$lost"
  exit 0
}

[ -e "$folder/holdfast-backups" ] || refuse "$folder is not there"
[ -n "$system" ] || refuse 'global/pg_control cannot be read'
umask 077
[ -d "$store" ] || mkdir -p "$store" || refuse "$store cannot be made"
if [ -e "$target" ]; then
  gzip -dc "$target" | cmp -s - "$path" && exit 0
  refuse "$target has other content"
fi
free=$(df -Pk "$folder" | awk 'NR == 2 { print $4 }')
if [ "$free" -lt 1048576 ]; then
  # Logs that wait would fill the same disk, and sooner: there they are not compressed.
  [ "$(volume "$folder")" = "$(volume .)" ] && limit=-1
  refuse "only $free KiB are free on its volume"
fi
gzip -1 -c "$path" >"$partial" || refuse 'it cannot be written'
sync "$partial" 2>/dev/null || sync
ln "$partial" "$target" 2>/dev/null || { [ ! -e "$target" ] && mv "$partial" "$target"; } || refuse 'it cannot be named'
rm -f "$partial"
sync "$store" 2>/dev/null || sync
exit 0
