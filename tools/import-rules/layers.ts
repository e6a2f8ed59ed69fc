/**
 * Which code may import which: the layout in ARCHITECTURE.md as data. A new folder of the homeserver gets its place here
 * before anything in it passes the check. The IRC bridge and the monitor are other processes, with layers of their own.
 */

/**
 * The layers, lowest first. A module imports from its own layer and from those below. The folders of one inner list are
 * siblings: on the same height, and they do not import each other.
 */
export const layers: readonly (readonly string[])[] = [
  ['protocol'],
  ['effects'],
  ['homeserver/platform'],
  ['homeserver/storage'],
  ['homeserver/remote-servers'],
  ['homeserver/rooms'],
  ['homeserver/devices', 'homeserver/ephemeral', 'homeserver/media'],
  ['homeserver/accounts'],
  ['homeserver/sync', 'homeserver/push', 'homeserver/federation', 'homeserver/appservices', 'homeserver/search'],
  ['homeserver/administration'],
  ['homeserver/http'],
  ['homeserver/processes'],
  ['homeserver/command-line'],
  ['irc-bridge/platform'],
  ['irc-bridge/formatting', 'irc-bridge/configuration'],
  ['irc-bridge/irc', 'irc-bridge/storage'],
  ['irc-bridge/matrix'],
  ['irc-bridge/bridging'],
  ['irc-bridge/process'],
  ['monitor/platform'],
  ['monitor/observations', 'monitor/configuration'],
  ['monitor/decide', 'monitor/observe'],
  ['monitor/escalation', 'monitor/notify', 'monitor/status-page', 'monitor/prometheus', 'monitor/recover'],
  ['monitor/storage'],
  ['monitor/process'],
];

/** What every process may have: it knows none of them. */
export const foundations: readonly string[] = ['protocol', 'effects'];

/**
 * Other processes: they know the foundations and the homeserver's published HTTP APIs, and nothing else of this tree.
 */
export const otherProcesses: readonly string[] = ['irc-bridge', 'monitor', 'console'];

/** What tests and measures the product, `testing` folders besides. It may import all of it, and is imported by none of it. */
export const instruments: readonly string[] = ['drills', 'conformance', 'benchmarks', 'tools'];

/** The folder that has all the SQL. */
export const storage = 'homeserver/storage';

/**
 * Who may import `homeserver/storage/<folder>/write-*.ts`, by folder. A folder that is not named here belongs to
 * `homeserver/<folder>`; the folder itself may always.
 */
export const writers: Readonly<Record<string, readonly string[]>> = {
  // Names are interned by the transaction that first mentions them, whatever it writes.
  names: ['homeserver/storage', 'homeserver/rooms'],
  // Aliases and published rooms change with the rooms.
  directory: ['homeserver/rooms'],
  // Rooms, their events and their people are what is reported.
  reports: ['homeserver/rooms'],
};

/** Tests, and the folders named `testing` that they share, import what they like: they look at the code from outside. */
export function isTest(path: string): boolean {
  return path.endsWith('.test.ts') || path.includes('/testing/');
}

/** Whether `path` is in `folder` or below it. */
export function isInside(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`);
}
