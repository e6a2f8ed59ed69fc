import { checkExpectedActivity, type ExpectedActivity } from './check-expected-activity.ts';
import { checkPaging } from './check-paging.ts';
import { checkAddress, checkPublicUrl } from './check-setting.ts';
import { checkVolumes, type WatchedVolume } from './check-volumes.ts';
import { entryList, flag, integer, section, structure, text, textList } from './config-keys.ts';

function checkUrl(value: string): string | undefined {
  return /^https?:\/\/[^/]/.test(value) && URL.canParse(value)
    ? undefined
    : 'must begin with `https://` (or `http://`)';
}

function checkPlace(value: string): string | undefined {
  return /^(\[[0-9a-fA-F:.]+\]|[^:\s]+):\d{1,5}$/.test(value) ? undefined : 'must be like `host:port`';
}

/** Settings of the monitor; the homeserver hands them to it and knows nothing else of it. */
export const monitorKeys = section('Watching the server and waking somebody; see `docs/operating/monitor.md`.', {
  enabled: flag(
    true,
    'Off: `holdfast start` starts no monitor. It starts one where there is somebody to tell: with `paging`, ' +
      '`status_folder` or `outside_switch_url`.',
  ),
  bind: text('127.0.0.1', 'Address at which people acknowledge and other monitors ask.', { check: checkAddress }),
  port: integer(8_009, 0, 65_535, 'Its port; where another program has it, any free one.'),
  publicUrl: text(undefined, 'Where people reach that, for the links in pages.', { check: checkPublicUrl }),
  statusFolder: text(undefined, 'Folder into which the public status page and its feed are written.'),
  outsideSwitchUrl: text(
    undefined,
    'Called every 30 s while the monitor is well. Whoever keeps it should raise an alarm after two minutes of silence.',
    { secret: true, check: checkUrl },
  ),
  processes: textList([], 'Addresses of all processes of the homeserver. Empty: the one that starts the monitor.', {
    check: checkUrl,
  }),
  peers: textList([], 'Addresses of the other monitors.', { check: checkUrl }),
  routes: textList(
    [],
    'Destinations that must have a route, such as `10.2.0.0/16`. A default route is watched anyway.',
  ),
  addresses: textList([], 'Addresses that this machine must have.', { check: checkAddress }),
  names: textList([], 'Names that must be found.'),
  machines: textList([], 'Machines that must be reached, as `host:port`, such as those of the bridges.', {
    check: checkPlace,
  }),
  certificates: textList([], 'Where certificates are served, as `host:port`.', { check: checkPlace }),
  ownName: flag(
    true,
    'Watch whether other servers find this one by its name: well-known file, SRV records, port, certificate and keys, every ' +
      'five minutes. Off: for a machine without a way to the public address. Without `federation.enabled` it is not looked for.',
  ),
  turn: textList([], 'TURN servers, such as `turn:turn.example.org:3478`.'),
  pushGateways: textList([], 'Addresses of push gateways that must answer.', { check: checkUrl }),
  bridgeMetrics: textList([], 'Addresses of `/metrics` of IRC bridges that have a canary.', { check: checkUrl }),
  expectedActivity: entryList<ExpectedActivity>(
    [],
    'Application services that ask this server for something at least so often, each as `{ service: ID, ' +
      'within_minutes: 30 }`: one that takes everything and says nothing is told.',
    checkExpectedActivity,
  ),
  replicas: textList(
    [],
    'Replicas of PostgreSQL that must follow, by application_name. Those that were seen are watched anyway.',
  ),
  patroni: textList(
    [],
    'Patronis of a PostgreSQL that fails over, such as `http://10.0.0.11:8009`: whether it is paused, has a primary, and its ' +
      'machines run and follow.',
    { check: checkUrl },
  ),
  etcd: textList([], 'Members of the etcd that these use, such as `http://10.0.0.11:2379`.', { check: checkUrl }),
  volumes: entryList<WatchedVolume>(
    [{ path: '/', holds: 'system' }],
    'Folders whose volumes are watched besides those of Holdfast itself, each as `{ path: /var/lib/postgresql, holds: ' +
      'database }`. With `exporter: http://10.0.0.11:9100/metrics` it is on the machine of that node exporter of ' +
      'Prometheus.',
    checkVolumes,
  ),
  databaseArchive: text(
    undefined,
    'Folder in which this machine sees the base backups and archived logs of a PostgreSQL of your own, such as that of ' +
      '`holdfast deploy patroni`: how old the newest backup is (`backup.interval_hours`), and whether logs are missing.',
  ),
  reserveBytes: integer(
    256 * 1024 ** 2,
    0,
    Number.MAX_SAFE_INTEGER,
    'Room that a file holds on the volume of the data folder, and that is given to the database when that is full, in ' +
      'bytes; 0: none.',
  ),
  dropSlotsOverBytes: integer(
    undefined,
    16 * 1024 ** 2,
    Number.MAX_SAFE_INTEGER,
    'A replication slot that nobody has followed for ten minutes and that holds so many bytes of logs is dropped. Not ' +
      'set: none is. `max_slot_wal_keep_size` of PostgreSQL is better where it can be set.',
  ),
  paging: structure('Whom to wake, and how: notifiers, people, roster, escalation.', checkPaging),
});
