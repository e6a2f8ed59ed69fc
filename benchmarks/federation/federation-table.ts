import type { Figure } from './federation-run.ts';

/** What one server showed. */
export interface FederationResults {
  readonly peer: string;
  readonly version: string;
  readonly figures: readonly Figure[];
  readonly failures: readonly { readonly scenario: string; readonly error: string }[];
}

interface FederationRow {
  readonly key: string;
  readonly title: string;
  readonly unit: string;
  readonly digits: number;
  readonly goal?: string;
  /** Whether the goal is reached; undefined where a figure is missing. */
  reached?(value: Look): boolean | undefined;
}

type Look = (peer: 'holdfast' | 'synapse', key: string) => number | undefined;

/** Holdfast's figure is at most this share of Synapse's. */
function atMost(key: string, share: number) {
  return (look: Look) => compare(look('holdfast', key), look('synapse', key), (own, other) => own <= other * share);
}

function compare(one: number | undefined, other: number | undefined, holds: (one: number, other: number) => boolean) {
  return one === undefined || other === undefined ? undefined : holds(one, other);
}

const tenTimes = (key: string) => (look: Look) =>
  compare(look('holdfast', key), look('synapse', key), (own, other) => own >= other * 10);

const mostDelayMs = 50;

/** How late timers ran, as the server tells itself. */
function loopRow(key: string, title: string): FederationRow {
  return {
    ...{ key, title: `${title}: delay of the event loop, p99, at most`, unit: 'ms', digits: 0 },
    goal: `≤ ${mostDelayMs} ms`,
    reached: (look) => compare(look('holdfast', key), mostDelayMs, (own, most) => own <= most),
  };
}

const rows: readonly FederationRow[] = [
  ...(
    [
      ['receiveOne', 'messages received from one server'],
      ['receiveMany', 'messages received from many servers'],
    ] as const
  ).map(([key, title]) => ({ key, title, unit: '/s', digits: 0, goal: '≥ 10 × Synapse', reached: tenTimes(key) })),
  loopRow('receiveManyLoopMs', 'meanwhile'),
  {
    key: 'joinSeconds',
    title: 'join of a large room until the first message',
    unit: 's',
    digits: 2,
    goal: '≤ 1/5 of Synapse',
    reached: atMost('joinSeconds', 1 / 5),
  },
  { key: 'joinWholeSeconds', title: 'the same until all members are known', unit: 's', digits: 1 },
  {
    key: 'joinMemoryMebibytes',
    title: 'memory at most meanwhile',
    unit: 'MiB',
    digits: 0,
    goal: '≤ 1/3 of Synapse',
    reached: atMost('joinMemoryMebibytes', 1 / 3),
  },
  loopRow('joinLoopMs', 'meanwhile'),
  { key: 'sendLocalMs', title: 'one send in a local room, p50', unit: 'ms', digits: 2 },
  {
    key: 'sendWideMs',
    title: 'one send in a room of many servers, p50',
    unit: 'ms',
    digits: 2,
    goal: 'as in a local room (≤ 1.25 ×)',
    reached: (look) =>
      compare(look('holdfast', 'sendWideMs'), look('holdfast', 'sendLocalMs'), (wide, local) => wide <= local * 1.25),
  },
  {
    key: 'fanOutCpuMs',
    title: 'CPU time of a message to all servers',
    unit: 'ms',
    digits: 0,
    goal: '≤ 1/5 of Synapse',
    reached: atMost('fanOutCpuMs', 1 / 5),
  },
  { key: 'fanOutSeconds', title: 'time of a message to all servers', unit: 's', digits: 2 },
  { key: 'forksReceivedSeconds', title: 'forks received', unit: 's', digits: 2 },
  {
    key: 'forksHealedSeconds',
    title: 'forks healed into one',
    unit: 's',
    digits: 2,
    goal: 'heals',
    reached: (look) => compare(look('holdfast', 'forksHealedSeconds'), 0, () => true),
  },
  {
    key: 'resolveMs',
    title: 'resolution of conflicted state (one thread, no I/O)',
    unit: 'ms',
    digits: 0,
    goal: '< 1,000 ms',
    reached: (look) => compare(look('holdfast', 'resolveMs'), 1_000, (own, most) => own < most),
  },
  {
    key: 'resolveSliceMs',
    title: 'the same: its longest slice',
    unit: 'ms',
    digits: 1,
    goal: `≤ ${mostDelayMs} ms`,
    reached: (look) => compare(look('holdfast', 'resolveSliceMs'), mostDelayMs, (own, most) => own <= most),
  },
];

/** A row for each figure, a column for each server, and how Holdfast stands to Synapse and to its goals. */
export function formatFederationTable(results: readonly FederationResults[]): string {
  const find = (peer: string, key: string) =>
    results.find((result) => result.peer === peer)?.figures.find((figure) => figure.key === key)?.value;
  const peers = results.map(({ peer }) => peer);
  const compared = peers.includes('holdfast') && peers.includes('synapse');
  const head = ['what', ...peers, ...(compared ? ['holdfast : synapse'] : []), 'goal', ''];
  const lines = rows
    .filter(({ key }) => peers.some((peer) => find(peer, key) !== undefined))
    .map((row) => {
      const values = peers.map((peer) => formatValue(find(peer, row.key), row));
      const ratio = formatRatio(find('holdfast', row.key), find('synapse', row.key));
      const reached = row.reached?.(find);
      const verdict = reached === undefined ? '' : reached ? '✔' : '✖';
      return [row.title, ...values, ...(compared ? [ratio] : []), row.goal ?? '', verdict];
    });
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function formatValue(value: number | undefined, { unit, digits }: FederationRow): string {
  if (value === undefined) return '–';
  return `${value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })} ${unit}`;
}

function formatRatio(own: number | undefined, other: number | undefined): string {
  if (own === undefined || other === undefined || other === 0) return '';
  const ratio = own / other;
  return ratio >= 1 ? `${ratio.toFixed(1)} ×` : `1/${(1 / ratio).toFixed(1)}`;
}
