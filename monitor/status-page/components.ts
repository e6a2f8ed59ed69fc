import type { Severity } from '../decide/rule.ts';

/** What people use of a server, by names that they know. */
export const components = ['Messages', 'Files', 'Other servers', 'Bridges', 'Calls', 'Notifications'] as const;
export type Component = (typeof components)[number];

export type ComponentState = 'Works' | 'May be slow or incomplete' | 'Does not work as it should';

const everything: readonly Component[] = ['Messages', 'Files', 'Other servers', 'Bridges', 'Notifications'];
const traffic: readonly Component[] = ['Messages', 'Other servers', 'Bridges'];

/**
 * What people notice of each kind of alert, while it is more than a notice. Nothing: it is the operators' business, such as
 * a backup that is late.
 */
const touched: Readonly<Record<string, readonly Component[]>> = {
  ...{ 'database-down': everything, 'writes-refused': everything, 'volume-read-only': everything },
  ...{ 'process-silent': traffic, 'readers-stale': traffic, 'event-loop-slow': traffic },
  ...{ 'write-probe-refused': ['Messages'], 'write-probe-unseen': ['Messages'] },
  ...{ 'message-lost': ['Messages'], 'log-hole': ['Messages'], 'connections-running-out': ['Messages'] },
  ...{ 'cluster-leaderless': everything, 'media-damaged': ['Files'] },
  ...{ 'federation-stuck': ['Other servers'], 'peer-unreachable': ['Other servers'] },
  ...{ 'own-name-unreachable': ['Other servers'], 'name-unresolved': ['Other servers', 'Notifications'] },
  ...{ 'route-lost': ['Other servers', 'Bridges'], 'address-lost': everything },
  ...{ 'bridge-silent': ['Bridges'], 'bridge-stuck': ['Bridges'] },
  ...{ 'turn-failing': ['Calls'], 'push-failing': ['Notifications'] },
};

const states: Readonly<Record<Severity, ComponentState>> = {
  page: 'Does not work as it should',
  warning: 'May be slow or incomplete',
  notice: 'Works',
};
const rank: readonly ComponentState[] = ['Works', 'May be slow or incomplete', 'Does not work as it should'];

/** The state of each component, given the alerts that are open. Pure. */
export function judgeComponents(
  alerts: readonly { readonly rule: string; readonly severity: Severity }[],
): { readonly name: Component; readonly state: ComponentState }[] {
  return components.map((name) => {
    const found = alerts.filter(({ rule }) => touched[rule]?.includes(name)).map(({ severity }) => states[severity]);
    return { name, state: rank.findLast((state) => found.includes(state)) ?? 'Works' };
  });
}

/** The rules that people notice something of. */
export const noticedRules: readonly string[] = Object.keys(touched);
