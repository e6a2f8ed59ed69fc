import { type Finding, ok, warning } from './finding.ts';

/** The kernel's default routes, of /proc/net/route and /proc/net/ipv6_route; one of both is enough. */
export function judgeRoutes(table: string | undefined, table6: string | undefined = ''): Finding[] {
  if (table === undefined) return [];
  const has4 = table.split('\n').some((line) => /^\S+\s+00000000\s/.test(line));
  // With a gateway: the kernel has default routes of its own that lead nowhere.
  const has6 = table6.split('\n').some((line) => /^0{32} 00 \S+ \S+ (?!0{32})/.test(line));
  return has4 || has6
    ? [ok('there is a default route')]
    : [warning('there is no default route: other servers cannot be reached', 'ip route add default via GATEWAY')];
}

/** Routes of monitor.routes, of `ip -json route show`: what is not there now is hardly there after a restart. */
export function judgeNeededRoutes(needed: readonly string[], json: string | undefined): Finding[] {
  let routes: readonly { readonly dst?: string }[];
  try {
    routes = JSON.parse(json ?? '') as typeof routes;
  } catch {
    return [];
  }
  const there = new Set(routes.map(({ dst }) => dst));
  return needed
    .filter((route) => !there.has(route))
    .map((route) =>
      warning(
        `there is no route to ${route}, which monitor.routes names`,
        `ip route add ${route} via GATEWAY, and in the files of the network, so that it comes back`,
      ),
    );
}

interface TalkedInterface {
  readonly addr_info?: readonly { readonly local?: string; readonly dynamic?: boolean; readonly scope?: string }[];
}

/** Addresses that are lent, of `ip -json address show`. In 2017 the end of a lease took the routes with it. */
export function judgeLentAddresses(json: string | undefined): Finding[] {
  let interfaces: readonly TalkedInterface[];
  try {
    interfaces = JSON.parse(json ?? '[]') as TalkedInterface[];
  } catch {
    return [];
  }
  const lent = interfaces.flatMap(({ addr_info = [] }) =>
    addr_info.filter((each) => each.dynamic && !each.local?.includes(':')),
  );
  return lent.map(({ local }) =>
    warning(
      `the address ${local} is lent (DHCP): when its lease runs out, it goes, and the routes with it`,
      'give the machine a static address',
    ),
  );
}

/** `timedatectl show --property=NTPSynchronized --value`. */
export function judgeTimeSource(told: string | undefined): Finding[] {
  if (told === 'yes') return [ok("something keeps this machine's time")];
  if (told !== 'no') return [];
  return [warning("nothing keeps this machine's time right", 'timedatectl set-ntp true')];
}

/** `systemctl is-enabled`; elsewhere than under systemd, and of units that are not there, there is nothing to say. */
export function judgeUnit(told: string | undefined, unit = 'holdfast.service'): Finding[] {
  if (told === 'enabled') return [ok(`${unit} starts with the machine`)];
  if (told !== 'disabled' && told !== 'masked') return [];
  return [
    warning(
      `${unit} is ${told}: it does not start with the machine`,
      `systemctl ${told === 'masked' ? 'unmask' : 'enable'} ${unit.replace(/\.service$/, '')}`,
    ),
  ];
}

/** Whether one of the hosts of `database.url` is this machine. */
export function isDatabaseHere(url: string | undefined, ownAddresses: readonly string[]): boolean {
  const authority = /^[a-z]+:\/\/(?:[^@/]*@)?([^/?]*)/i.exec(url ?? '')?.[1];
  if (authority === undefined) return false;
  return authority.split(',').some((host) => {
    const name = host.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1');
    return name === '' || /^(?:localhost|127\..*|::1|%2F.*)$/i.test(name) || ownAddresses.includes(name);
  });
}

/** Of those that look after a database on this machine, by name what `systemctl is-enabled` says. */
export const databaseUnits = [
  ...['holdfast-patroni.service', 'holdfast-etcd.service', 'patroni.service', 'etcd.service', 'postgresql.service'],
] as const;

/**
 * Patroni starts PostgreSQL itself, whose own unit has to be off then, and needs etcd, which may be on other machines. That of
 * `holdfast deploy patroni` is meant to run wherever it is installed; a distribution's only where somebody enabled it.
 */
export function judgeDatabaseUnits(told: ReadonlyMap<string, string | undefined>): Finding[] {
  const judge = (unit: string) => judgeUnit(told.get(unit), unit);
  const isInstalled = ['enabled', 'disabled', 'masked'].includes(told.get('holdfast-patroni.service') ?? '');
  if (!isInstalled && told.get('patroni.service') !== 'enabled') return judge('postgresql.service');
  const units = isInstalled
    ? ['holdfast-patroni.service', 'holdfast-etcd.service']
    : ['patroni.service', 'etcd.service'];
  const isTwice = told.get('postgresql.service') === 'enabled';
  const twice = warning(
    'postgresql.service starts PostgreSQL too, which Patroni has to do alone',
    'systemctl disable postgresql',
  );
  return [...units.flatMap(judge), ...(isTwice ? [twice] : [])];
}

/** Programs that keep the time. At least one of those that are there has to start with the machine. */
export const timeUnits = [
  ...['chrony.service', 'chronyd.service', 'systemd-timesyncd.service', 'ntpsec.service', 'ntp.service'],
  ...['ntpd.service', 'openntpd.service'],
] as const;

export function judgeTimeUnits(told: ReadonlyMap<string, string | undefined>): Finding[] {
  const isKept = timeUnits.some((unit) => ['enabled', 'alias', 'static'].includes(told.get(unit) ?? ''));
  const off = timeUnits.find((unit) => told.get(unit) === 'disabled');
  if (isKept || off === undefined) return [];
  const mend = `systemctl enable --now ${off.replace(/\.service$/, '')}`;
  return [warning('nothing that keeps the time starts with the machine', mend)];
}

/** Permissions of a file that has secrets, as stat() gives them. */
export function judgeSecretFile(path: string, mode: number | undefined): Finding[] {
  if (mode === undefined || (mode & 0o007) === 0) return [];
  const what = `everybody on this machine can ${mode & 0o002 ? 'change' : 'read'} ${path}, which has secrets in it`;
  return [warning(what, `chmod 640 ${path}`)];
}

export interface MountFacts {
  /** Whose volume is looked for. */
  readonly folder: string;
  /** Of /proc/self/mounts and /etc/fstab. */
  readonly mounts: string | undefined;
  readonly table: string | undefined;
}

/** Whether the volume of the folder comes back after a restart, and the same one. */
export function judgeMount({ folder, mounts, table }: MountFacts): Finding[] {
  const mounted = parseTable(mounts).filter(({ place }) => isBelow(folder, place));
  const volume = mounted.sort((a, b) => b.place.length - a.place.length)[0];
  if (!volume || volume.place === '/' || !volume.device.startsWith('/dev/')) return [];
  const { device, place } = volume;
  const entry = parseTable(table).find((each) => each.place === place);
  const mend = `in /etc/fstab: UUID=$(blkid -s UUID -o value ${device}) ${place} ...`;
  if (!entry)
    return [warning(`${place}, which has ${folder}, is not in /etc/fstab: after a restart it is not there`, mend)];
  // /dev/sdb is another disk when one is missing.
  const isNamed = /^(UUID|PARTUUID|LABEL|PARTLABEL)=|^\/dev\/(disk\/by-|mapper\/)/.test(entry.device);
  if (isNamed) return [ok(`${place}, which has ${folder}, is mounted by its identity`)];
  return [warning(`${place} is mounted as ${entry.device}, which may be another disk after a restart`, mend)];
}

function parseTable(text = ''): { readonly device: string; readonly place: string }[] {
  return text.split('\n').flatMap((line) => {
    const [device = '', place = ''] = line.trim().split(/\s+/);
    return device === '' || device.startsWith('#') || !place.startsWith('/') ? [] : [{ device, place }];
  });
}

function isBelow(folder: string, place: string): boolean {
  return place === '/' || folder === place || folder.startsWith(`${place}/`);
}

/** Programs that hooks of the network call, and that are not in the PATH that every caller has. */
const systemProgram = /^(?:if\s+|!\s*|exec\s+)*(ip|route|ifconfig|iptables|ip6tables|nft|wg|ethtool|sysctl|brctl|tc)\s/;

/** A script that calls a program by its bare name and sets no PATH does nothing where its caller has none: as in 2017. */
export function judgeHook(path: string, text: string): Finding[] {
  if (/^\s*(?:export\s+)?PATH=/m.test(text)) return [];
  const called = text
    .split('\n')
    .flatMap((line) => line.split(/[;&|]+/))
    .flatMap((command) => systemProgram.exec(command.trim())?.[1] ?? []);
  const [first] = called;
  if (first === undefined) return [];
  return [
    warning(
      `the hook ${path} calls \`${first}\` without its path: where PATH is empty it does nothing`,
      `write /usr/sbin/${first} there, or PATH=/usr/sbin:/usr/bin:/sbin:/bin in its second line`,
    ),
  ];
}

export interface WatchdogFacts {
  /** The unit of `holdfast deploy patroni`, where this machine has it. */
  readonly unit: string | undefined;
  /** stat() of /dev/watchdog; undefined: there is none. */
  readonly device: { readonly uid: number; readonly mode: number } | undefined;
  /** Of the user that Patroni runs as. */
  readonly postgresUid: number | undefined;
}

/** What resets a machine whose Patroni hangs has to be there, and Patroni has to be able to write to it. */
export function judgeWatchdog({ unit, device, postgresUid }: WatchdogFacts): Finding[] {
  if (unit === undefined || !unit.includes('/dev/watchdog')) return [];
  if (device === undefined) {
    const what = 'there is no /dev/watchdog: when this machine hangs as primary, nothing resets it';
    return [
      warning(
        `${what}; with watchdog.mode required it never becomes one`,
        'modprobe softdog; then: systemctl restart holdfast-patroni',
      ),
    ];
  }
  const isWritable = (device.mode & 0o002) !== 0 || (device.uid === postgresUid && (device.mode & 0o200) !== 0);
  if (isWritable) return [ok('Patroni can write to /dev/watchdog')];
  return [
    warning(
      'the user postgres cannot write to /dev/watchdog',
      'chown postgres /dev/watchdog; systemctl restart holdfast-patroni',
    ),
  ];
}
