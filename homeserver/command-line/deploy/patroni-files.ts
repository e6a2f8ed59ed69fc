import { join } from 'node:path';
import { stringify } from 'yaml';
import { formatArchiveProgram, formatRestoreProgram } from '../../platform/backups/archive-programs.ts';
import { formatEtcdConfig, formatPatroniConfig } from './patroni-config.ts';
import { formatDatabaseUrl, type PatroniPlan } from './patroni-plan.ts';
import { formatPromote } from './patroni-promote.ts';

const gibibyte = 2 ** 30;
/** Of Debian's prometheus-node-exporter. */
const nodeExporterPort = 9_100;
const header = '# Made by `holdfast deploy patroni`. docs/operating/postgresql-cluster.md tells how it is used.\n';

/** All files for the machines of a plan, by their path: a folder for each machine, and what is for Holdfast. */
export function formatPatroniFiles(plan: PatroniPlan): Map<string, string> {
  const files = new Map<string, string>();
  for (const { name } of plan.machines) {
    const home = join(plan.dataFolder, name);
    const archive = { home, user: undefined, folder: plan.archiveFolder, reserveBytes: gibibyte };
    files.set(`${name}/patroni.yml`, header + stringify(formatPatroniConfig(plan, name)));
    files.set(`${name}/etcd.yml`, header + stringify(formatEtcdConfig(plan, name)));
    files.set(`${name}/archive-log.sh`, formatArchiveProgram(archive));
    files.set(`${name}/restore-log.sh`, formatRestoreProgram(plan.archiveFolder, undefined));
    files.set(`${name}/post-bootstrap.sh`, formatPostBootstrap(plan));
    files.set(`${name}/promote.sh`, formatPromote(plan, name));
    files.set(`${name}/install.sh`, formatInstall(plan, name));
    files.set(`${name}/holdfast-etcd.service`, formatEtcdUnit(home));
    files.set(`${name}/holdfast-patroni.service`, formatPatroniUnit(plan, home));
    files.set(`${name}/journald@holdfast-db.conf`, '[Journal]\nSystemMaxUse=1G\nMaxRetentionSec=30day\n');
  }
  files.set('holdfast.yaml', header + stringify(formatHoldfastConfig(plan), { lineWidth: 0 }));
  return files;
}

/** The monitor sees the disks of the database's machines through their node exporters; the first one tells of the archive; and it asks Patroni and etcd. */
function formatHoldfastConfig(plan: PatroniPlan): object {
  const { machines, dataFolder: path, archiveFolder } = plan;
  const urlsOf = (port: number) => {
    return machines.map(({ address }) => `http://${address.includes(':') ? `[${address}]` : address}:${port}`);
  };
  const exporters = urlsOf(nodeExporterPort).map((url) => `${url}/metrics`);
  const volumes = [
    { path: '/', holds: 'system' },
    ...exporters.map((exporter) => ({ path, holds: 'database', exporter })),
    { path: archiveFolder, holds: 'log archive', exporter: exporters[0] },
  ];
  const { patroni, etcd } = plan.ports;
  return {
    database: { url: formatDatabaseUrl(plan) },
    monitor: { volumes, patroni: urlsOf(patroni), etcd: urlsOf(etcd) },
  };
}

/** Makes the homeserver's role and database on a new cluster; Patroni gives it a URL. */
function formatPostBootstrap({ secrets, binFolder }: PatroniPlan): string {
  return `#!/bin/sh
set -eu
'${binFolder}/psql' "$1" -v ON_ERROR_STOP=1 <<'SQL'
CREATE ROLE holdfast LOGIN CREATEDB PASSWORD '${secrets.holdfast}';
GRANT pg_monitor TO holdfast;
CREATE DATABASE holdfast OWNER holdfast ENCODING 'UTF8' TEMPLATE template0;
SQL
`;
}

/** Puts a machine's files in their places; run as root on that machine, in its folder. Starts nothing. */
function formatInstall({ dataFolder, archiveFolder, watchdog }: PatroniPlan, name: string): string {
  const home = join(dataFolder, name);
  const without = watchdog === 'required' ? ', and without one it never becomes primary' : '';
  const checks =
    watchdog === 'off'
      ? ''
      : `\n[ -e /dev/watchdog ] || modprobe softdog || echo 'This machine has no watchdog${without}.' >&2`;
  return `#!/bin/sh
# Makes this machine ${name}: run it as root, in this folder. It starts nothing and overwrites no data.
set -eu
[ -d '${archiveFolder}' ] || { echo 'Mount ${archiveFolder} first: all machines share it.' >&2; exit 1; }
if [ -e '${home}/machine' ] || [ ! -e '${home}' ]; then :; else
  echo '${home} is there and was not made by this.' >&2; exit 1
fi${checks}
install -d -o postgres -g postgres -m 700 '${dataFolder}' '${home}' '${home}/etcd' '${archiveFolder}/wal'
echo '${name}' >'${home}/machine'
[ -e '${archiveFolder}/holdfast-backups' ] || install -o postgres -g postgres -m 600 /dev/null '${archiveFolder}/holdfast-backups'
for file in patroni.yml etcd.yml archive-log.sh restore-log.sh post-bootstrap.sh promote.sh; do
  install -o postgres -g postgres -m 600 "$file" '${home}/'"$file"
done
install -m 644 holdfast-etcd.service holdfast-patroni.service /etc/systemd/system/
install -m 644 journald@holdfast-db.conf /etc/systemd/
systemctl daemon-reload
echo 'Now, on every machine: systemctl enable --now holdfast-etcd, and then holdfast-patroni'
`;
}

function formatEtcdUnit(home: string): string {
  return `[Unit]
Description=etcd for Holdfast's database
After=network-online.target
Wants=network-online.target

[Service]
Type=notify
User=postgres
ExecStart=/usr/bin/etcd --config-file ${home}/etcd.yml
Restart=always
RestartSec=2
LimitNOFILE=65536
OOMScoreAdjust=-900
LogNamespace=holdfast-db

[Install]
WantedBy=multi-user.target
`;
}

function formatPatroniUnit({ watchdog }: PatroniPlan, home: string): string {
  const device =
    watchdog === 'off'
      ? ''
      : // Without one Patroni starts all the same, and decides by its mode.
        'ExecStartPre=+/bin/sh -c "[ -e /dev/watchdog ] || /sbin/modprobe softdog || :; ' +
        '[ ! -e /dev/watchdog ] || chown postgres /dev/watchdog"\n';
  return `[Unit]
Description=PostgreSQL for Holdfast, kept available by Patroni
After=network-online.target holdfast-etcd.service
Wants=network-online.target

[Service]
Type=notify
User=postgres
${device}ExecStart=/opt/holdfast-patroni/bin/patroni ${home}/patroni.yml
ExecReload=/bin/kill -HUP $MAINPID
# PostgreSQL goes on while Patroni is restarted.
KillMode=process
TimeoutStopSec=60
Restart=always
RestartSec=5
OOMScoreAdjust=-900
LogNamespace=holdfast-db

[Install]
WantedBy=multi-user.target
`;
}
