import { isIP } from 'node:net';
import { parseServerName } from '@holdfast/protocol/identifiers/server-name.ts';
import type { Config } from '../../platform/config/config.ts';

/** A name that a running server asks the DNS for. */
export interface NeededName {
  readonly host: string;
  /** What does not work without it, such as `pages over call`. */
  readonly purpose: string;
  /** Without it nothing works. */
  readonly isVital: boolean;
}

interface Paging {
  readonly notifiers?: Readonly<Record<string, Readonly<Record<string, unknown>> & { readonly kind: string }>>;
  readonly people?: Readonly<Record<string, { readonly reach: readonly Reach[] }>>;
  readonly team?: readonly Reach[];
}
interface Reach {
  readonly notifier: string;
  readonly address: string;
}

/** Where the monitor calls when a notifier names no address of its own, as in monitor/notify. */
const providers: Readonly<Record<string, string>> = {
  sms: 'https://api.twilio.com',
  voice: 'https://api.twilio.com',
  pagerduty: 'https://events.pagerduty.com',
};
const mostNames = 100;

/** The names of the configuration, each once, without addresses, and without the server's own. */
export function listNames(config: Config): NeededName[] {
  const { database, monitor } = config;
  const found: NeededName[] = [
    ...hostsOfDatabase(database.url).map((host) => ({ host, purpose: 'the database', isVital: true })),
    ...monitor.names.map((host) => unvital(host, 'monitor.names')),
    ...[...monitor.machines, ...monitor.certificates].map((place) => unvital(hostOfPlace(place), `watching ${place}`)),
    ...[...monitor.processes, ...monitor.peers, ...monitor.pushGateways, ...monitor.bridgeMetrics].map((url) =>
      unvital(hostOfUrl(url), `watching ${hostOfUrl(url)}`),
    ),
    ...monitor.turn.map((uri) => unvital(hostOfTurn(uri), 'calls (TURN)')),
    ...(monitor.outsideSwitchUrl === undefined
      ? []
      : [unvital(hostOfUrl(monitor.outsideSwitchUrl), 'the switch outside')]),
    ...listPagingNames(monitor.paging ?? {}),
  ];
  const byHost = new Map<string, NeededName>();
  for (const name of found) {
    const isName = name.host !== '' && isIP(name.host) === 0 && !name.host.startsWith('/');
    const known = byHost.get(name.host);
    if (isName && (!known || (name.isVital && !known.isVital))) byHost.set(name.host, name);
  }
  return [...byHost.values()].slice(0, mostNames);
}

/** The host that other servers look for; undefined where there is none to look for, as on a machine for trying. */
export function hostOfServerName(serverName: string | undefined): string | undefined {
  const name = serverName === undefined ? undefined : parseServerName(serverName);
  return name?.kind === 'dns' && name.hostname.includes('.') ? name.hostname : undefined;
}

function unvital(host: string, purpose: string): NeededName {
  return { host, purpose, isVital: false };
}

function listPagingNames({ notifiers = {}, people = {}, team = [] }: Paging): NeededName[] {
  const ways = [...Object.values(people).flatMap(({ reach }) => reach), ...team];
  const ofNotifiers = Object.entries(notifiers).flatMap(([name, { kind, host, url }]) => {
    const address = typeof url === 'string' ? url : providers[kind];
    const hosts = [typeof host === 'string' ? host : '', address === undefined ? '' : hostOfUrl(address)];
    return hosts.filter((each) => each !== '').map((each) => unvital(each, `pages over ${name}`));
  });
  const ofAddresses = ways
    .filter(({ address }) => /^https?:\/\//.test(address))
    .map(({ notifier, address }) => unvital(hostOfUrl(address), `pages over ${notifier}`));
  return [...ofNotifiers, ...ofAddresses];
}

/** `postgres://user@a:5432,b:5432/name`; addresses are no URLs when there are several. */
function hostsOfDatabase(url: string | undefined): string[] {
  const authority = /^[a-z]+:\/\/(?:[^@/]*@)?([^/?]*)/i.exec(url ?? '')?.[1] ?? '';
  return authority.split(',').map((place) => hostOfPlace(decodeURIComponent(place)));
}

function hostOfPlace(place: string): string {
  return /^\[([^\]]*)\]/.exec(place)?.[1] ?? place.split(':')[0] ?? '';
}

function hostOfUrl(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : '';
}

/** `turn:host:port?transport=udp`. */
function hostOfTurn(uri: string): string {
  return hostOfPlace(uri.replace(/^turns?:/, '').replace(/\?.*/, ''));
}
