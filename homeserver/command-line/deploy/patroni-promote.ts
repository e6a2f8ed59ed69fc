import { join } from 'node:path';
import type { PatroniPlan } from './patroni-plan.ts';

/**
 * The program by which a person makes a machine the primary, where Patroni does not do it by itself (it has no quorum,
 * or every replica lags). It shows role, name, size, last write and age of the newest backup, and wants the machine's
 * name typed; the promotion itself is Patroni's.
 */
export function formatPromote(
  { dataFolder, archiveFolder, binFolder, ports, secrets }: PatroniPlan,
  name: string,
): string {
  const home = join(dataFolder, name);
  return `#!/bin/sh
# Makes this machine, ${name}, the primary, by Patroni's own command: sh promote.sh
# It shows what it is first and wants its name typed. A planned change of a primary that is well needs no hands: patronictl switchover
set -eu
patronictl=\${PATRONICTL:-/opt/holdfast-patroni/bin/patronictl}
home='${home}'
[ "$(cat "$home/machine" 2>/dev/null || echo '${name}')" = '${name}' ] || { echo 'This machine is not ${name}.' >&2; exit 1; }
ask() { PGPASSWORD='${secrets.superuser}' '${binFolder}/psql' -h "$home" -p ${ports.postgres} -U postgres -XAt -c "$1" postgres 2>/dev/null; }
age() {
  [ -n "$1" ] || { echo 'none'; return; }
  echo "$(( ($(date +%s) - $(date -r "$1" +%s)) / 60 )) min old ($1)"
}
newest() { find '${archiveFolder}' -name "$1" -type f -exec ls -t {} + 2>/dev/null | head -n 1 || true; }
role=$(ask "SELECT CASE WHEN pg_is_in_recovery() THEN 'replica' ELSE 'primary' END" || echo 'unknown: PostgreSQL does not answer here')
last=$(ask "SELECT coalesce(pg_last_xact_replay_timestamp(), now())" || true)
"$patronictl" -c "$home/patroni.yml" list || true
echo
echo "name:               ${name}"
echo "role:               $role"
echo "size:               $(du -sm "$home/data" | cut -f1) MiB"
echo "last write here:    \${last:-unknown}"
echo "newest log archived: $(age "$(newest '*.gz')")"
echo "newest base backup: $(age "$(newest 'backup.json')")"
[ "$role" != primary ] || { echo '${name} is the primary already.'; exit 0; }
echo
echo 'What the present primary has acknowledged and this machine does not have is lost.'
printf 'Type ${name} to make it the primary: '
read -r typed || typed=
[ "$typed" = '${name}' ] || { echo 'Nothing was changed.'; exit 1; }
exec "$patronictl" -c "$home/patroni.yml" failover --candidate '${name}' --force
`;
}
