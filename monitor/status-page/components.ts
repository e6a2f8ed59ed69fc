import type { Observations, SourceName } from '../observations/observations.ts';

/** What people use, in the order of the page. */
export const components = {
  messages: { title: 'Messages', about: 'Sending, receiving and reading them' },
  files: { title: 'Files', about: 'Pictures and other files that are sent in rooms' },
  federation: { title: 'Other servers', about: 'Rooms that are shared with other servers' },
  bridges: { title: 'Bridges', about: 'Rooms that are shared with other networks, and bots' },
  calls: { title: 'Calls', about: 'Connecting voice and video' },
  notifications: { title: 'Notifications', about: 'Waking phones' },
  safekeeping: { title: 'Safekeeping', about: 'Backups, spare machines and clocks: nothing that shows in an app yet' },
} as const;

export type ComponentName = keyof typeof components;
export const componentNames = Object.keys(components) as ComponentName[];

/** The worst last. `unknown`: what watches it sees nothing. */
export const componentStates = ['works', 'unknown', 'disturbed', 'down'] as const;
export type ComponentState = (typeof componentStates)[number];

/** What an alert means for those who use the server. */
export interface Effect {
  readonly component: ComponentName;
  /** While it wakes somebody. */
  readonly page: ComponentState;
  /** While it waits for working hours. */
  readonly warning: ComponentState;
  /** Only for alerts about such a subject. */
  readonly about?: RegExp;
}

const disturbs = (component: ComponentName, about?: RegExp): Effect => {
  return { component, page: 'disturbed', warning: 'disturbed', ...(about && { about }) };
};
const stops = (component: ComponentName, about?: RegExp): Effect => ({ ...disturbs(component, about), page: 'down' });
/** What wakes somebody early enough that nobody who uses the server notices. */
const endangers = disturbs('safekeeping');

const database = /\bdatabase\b.* at /;
const media = /\bmedia\b.* at /;
const everything = [stops('messages'), stops('files'), stops('federation'), stops('bridges')];

/** What each rule's alerts do to which component. Every rule is here. */
export const effects: Readonly<Record<string, readonly Effect[]>> = {
  'address-lost': [disturbs('messages'), disturbs('federation')],
  'archive-failing': [endangers],
  'backup-copy-late': [endangers],
  'backup-gap': [endangers],
  'backup-too-old': [endangers],
  'backup-unverified': [endangers],
  'bridge-silent': [disturbs('bridges')],
  'bridge-stuck': [disturbs('bridges')],
  'certificate-ending': [{ ...disturbs('messages'), warning: 'works' }, disturbs('federation')],
  'checksums-wrong': [disturbs('messages'), endangers],
  'clock-off': [endangers],
  'clock-stepped': [endangers],
  'clock-unkept': [endangers],
  'cluster-leaderless': everything,
  'cluster-member-unwell': [endangers],
  'connections-running-out': [{ ...disturbs('messages'), warning: 'works' }, endangers],
  'database-down': everything,
  'disk-filling': [{ ...disturbs('files', media), warning: 'works' }, endangers],
  'etcd-unwell': [endangers],
  'event-loop-slow': [disturbs('messages')],
  'federation-stuck': [disturbs('federation')],
  'inodes-running-out': [{ ...disturbs('files', media), warning: 'works' }, endangers],
  'lease-ending': [endangers],
  'log-hole': [disturbs('messages')],
  'media-damaged': [disturbs('files')],
  'message-lost': [disturbs('messages')],
  'name-unresolved': [endangers],
  'own-name-unreachable': [stops('federation')],
  'patroni-paused': [endangers],
  'peer-unreachable': [endangers],
  'process-silent': [disturbs('messages')],
  'push-failing': [disturbs('notifications')],
  'readers-stale': [disturbs('messages')],
  'replica-lost': [endangers],
  'replication-lag': [endangers],
  'route-lost': [disturbs('messages'), disturbs('federation')],
  'slot-idle': [endangers],
  'slot-running-out': [endangers],
  // The component whose source it is is not known then: see `sourceOf`.
  'source-unseen': [],
  'table-bloated': [endangers],
  'transaction-open-long': [endangers],
  'turn-failing': [stops('calls')],
  'volume-read-only': [stops('messages', database), stops('files', media), endangers],
  'volume-unseen': [endangers],
  'wraparound-near': [endangers],
  'write-probe-refused': [stops('messages')],
  'write-probe-unseen': [stops('messages')],
  'writes-refused': [disturbs('messages')],
};

/** By what each component is watched: one that nobody looks at is not on the page. */
export const sourceOf: Readonly<Record<ComponentName, SourceName>> = {
  messages: 'canaries',
  files: 'volumes',
  federation: 'federation',
  bridges: 'bridges',
  calls: 'turn',
  notifications: 'push',
  safekeeping: 'postgres',
};

/** The components that the monitor looks at. There are bridges only where there is one. */
export function listWatched({ sources }: Observations): ComponentName[] {
  const { bridges, reachability } = sources;
  return componentNames.filter((name) => {
    if (name === 'bridges') return bridges !== undefined && (bridges.kind !== 'seen' || bridges.value.length > 0);
    if (name === 'federation' && reachability !== undefined) return true;
    return sources[sourceOf[name]] !== undefined;
  });
}

/** What an alert does to which components. `key`: the rule's name, and the subject if there is one. Pure. */
export function listEffects(key: string, severity: 'page' | 'warning'): [ComponentName, ComponentState][] {
  const [rule = '', ...rest] = key.split(' ');
  const subject = rest.join(' ');
  if (rule === 'source-unseen') {
    const unseen = componentNames.filter((name) => sourceOf[name] === subject);
    return unseen.map((name) => [name, 'unknown']);
  }
  return (effects[rule] ?? [])
    .filter(({ about }) => about?.test(subject) ?? true)
    .map((effect) => [effect.component, effect[severity]]);
}
