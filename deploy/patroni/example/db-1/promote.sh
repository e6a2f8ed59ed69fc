#!/bin/sh
# Makes this machine, db-1, the primary, by Patroni's own command: sh promote.sh
# It shows what it is first and wants its name typed. A planned change of a primary that is well needs no hands: patronictl switchover
set -eu
patronictl=${PATRONICTL:-/opt/holdfast-patroni/bin/patronictl}
home='/var/lib/holdfast-db/db-1'
[ "$(cat "$home/machine" 2>/dev/null || echo 'db-1')" = 'db-1' ] || { echo 'This machine is not db-1.' >&2; exit 1; }
ask() { PGPASSWORD='CHANGE-ME-superuser' '/usr/lib/postgresql/17/bin/psql' -h "$home" -p 5432 -U postgres -XAt -c "$1" postgres 2>/dev/null; }
age() {
  [ -n "$1" ] || { echo 'none'; return; }
  echo "$(( ($(date +%s) - $(date -r "$1" +%s)) / 60 )) min old ($1)"
}
newest() { find '/mnt/archive' -name "$1" -type f -exec ls -t {} + 2>/dev/null | head -n 1 || true; }
role=$(ask "SELECT CASE WHEN pg_is_in_recovery() THEN 'replica' ELSE 'primary' END" || echo 'unknown: PostgreSQL does not answer here')
last=$(ask "SELECT coalesce(pg_last_xact_replay_timestamp(), now())" || true)
"$patronictl" -c "$home/patroni.yml" list || true
echo
echo "name:               db-1"
echo "role:               $role"
echo "size:               $(du -sm "$home/data" | cut -f1) MiB"
echo "last write here:    ${last:-unknown}"
echo "newest log archived: $(age "$(newest '*.gz')")"
echo "newest base backup: $(age "$(newest 'backup.json')")"
[ "$role" != primary ] || { echo 'db-1 is the primary already.'; exit 0; }
echo
echo 'What the present primary has acknowledged and this machine does not have is lost.'
printf 'Type db-1 to make it the primary: '
read -r typed || typed=
[ "$typed" = 'db-1' ] || { echo 'Nothing was changed.'; exit 1; }
exec "$patronictl" -c "$home/patroni.yml" failover --candidate 'db-1' --force
