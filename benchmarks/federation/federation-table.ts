import { atMost, compare, type FigureResults, type FigureRow, formatFigureTable, tenTimes } from '../figure-table.ts';

const mostDelayMs = 50;
/** Two percent of a core, the server's own idling among it. */
const mostDeadCpuMs = 1_200;

/** How late timers ran, as the server tells itself. */
function loopRow(key: string, title: string): FigureRow {
  return {
    ...{ key, title: `${title}: delay of the event loop, p99, at most`, unit: 'ms', digits: 0 },
    goal: `≤ ${mostDelayMs} ms`,
    reached: (look) => compare(look('holdfast', key), mostDelayMs, (own, most) => own <= most),
  };
}

const rows: readonly FigureRow[] = [
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
  {
    key: 'deadCpuMs',
    title: 'CPU time of a minute beside servers that are gone',
    unit: 'ms',
    digits: 0,
    goal: `≤ ${mostDeadCpuMs} ms`,
    reached: (look) => compare(look('holdfast', 'deadCpuMs'), mostDeadCpuMs, (own, most) => own <= most),
  },
  { key: 'deadTransactions', title: 'the same: transactions of the database', unit: '', digits: 0 },
  { key: 'deadMemoryMebibytes', title: 'the same: memory', unit: 'MiB', digits: 0 },
  { key: 'deadSendMs', title: 'one send in a room of servers that are gone, p50', unit: 'ms', digits: 2 },
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
    key: 'conflictSeconds',
    title: 'the second side of a split room, with all that it contradicts',
    unit: 's',
    digits: 1,
  },
  {
    key: 'conflictResolveMs',
    title: 'its resolution in the end, reading included',
    unit: 'ms',
    digits: 0,
    goal: '< 1,000 ms',
    reached: (look) => compare(look('holdfast', 'conflictResolveMs'), 1_000, (own, most) => own < most),
  },
  loopRow('conflictLoopMs', 'meanwhile'),
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
export function formatFederationTable(results: readonly FigureResults[]): string {
  return formatFigureTable(rows, results);
}
