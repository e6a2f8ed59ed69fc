/** All figures of a run: by peer's name, then by measurement's key. */
export interface RunFigures {
  /** A figure, or undefined when it was not measured. */
  value(peer: string, key: string): number | undefined;
  /** p50 of one durable commit, milliseconds, before the peer ran. */
  durableCommitMs(peer: string): number;
}

export interface TableRow {
  readonly key: string;
  readonly title: string;
  readonly unit: 'per second' | 'ms' | 'bytes' | 'MB';
  readonly goal: string;
  /** Whether the named peer reaches the goal; undefined when a figure that it needs is missing. */
  reached(figures: RunFigures, peer: string): boolean | undefined;
}

type Reached = TableRow['reached'];

const noGoal: Reached = () => undefined;

/** At most `share` of Synapse's figure. */
function atMostOfSynapse(key: string, share: number): Reached {
  return (figures, peer) =>
    compare(figures.value(peer, key), figures.value('synapse', key), (own, its) => own <= its * share);
}

function atLeastOfSynapse(key: string, times: number): Reached {
  return (figures, peer) =>
    compare(figures.value(peer, key), figures.value('synapse', key), (own, its) => own >= its * times);
}

function atMost(key: string, limit: (figures: RunFigures, peer: string) => number | undefined): Reached {
  return (figures, peer) => compare(figures.value(peer, key), limit(figures, peer), (own, its) => own <= its);
}

function atMostCommits(key: string, commits: number): Reached {
  return atMost(key, (figures, peer) => commits * figures.durableCommitMs(peer));
}

function compare(
  own: number | undefined,
  other: number | undefined,
  holds: (own: number, other: number) => boolean,
): boolean | undefined {
  return own === undefined || other === undefined ? undefined : holds(own, other);
}

function sendRows(clients: number): TableRow[] {
  const rateKey = `send.${clients}.rate`;
  const oneClient = clients === 1;
  return [
    {
      key: rateKey,
      title: `events sent and acknowledged, ${clients} client${oneClient ? '' : 's'}`,
      unit: 'per second',
      goal: '≥ 1/2 of the ceiling',
      reached: (figures, peer) =>
        compare(figures.value(peer, rateKey), figures.value('ceiling', rateKey), (own, its) => own >= its / 2),
    },
    {
      key: `send.${clients}.p50`,
      title: `one send, ${clients} client${oneClient ? '' : 's'}, p50`,
      unit: 'ms',
      goal: oneClient ? '< 3 durable commits' : '',
      reached: oneClient ? atMostCommits(`send.${clients}.p50`, 3) : noGoal,
    },
    { key: `send.${clients}.p99`, title: `one send, ${clients} clients, p99`, unit: 'ms', goal: '', reached: noGoal },
  ];
}

function deliveryRows(perSecond: number): TableRow[] {
  const p50 = `delivery.${perSecond}.p50`;
  const p99 = `delivery.${perSecond}.p99`;
  const title = `delivery to 100 receivers at ${perSecond}/s`;
  const goals: Record<number, { p50: string; reachedP50: Reached; p99?: string; reachedP99?: Reached }> = {
    10: { p50: '< 10 ms', reachedP50: atMost(p50, () => 10) },
    200: {
      p50: '< 5 durable commits',
      reachedP50: atMostCommits(p50, 5),
      p99: '< 20 durable commits',
      reachedP99: atMostCommits(p99, 20),
    },
    1000: { p50: 'keeps up', reachedP50: atMost(p50, () => Number.MAX_VALUE) },
  };
  const goal = goals[perSecond];
  return [
    { key: p50, title: `${title}, p50`, unit: 'ms', goal: goal?.p50 ?? '', reached: goal?.reachedP50 ?? noGoal },
    { key: p99, title: `${title}, p99`, unit: 'ms', goal: goal?.p99 ?? '', reached: goal?.reachedP99 ?? noGoal },
  ];
}

/** Every row of the table, in its order, with the goal that Holdfast has set itself. */
export const tableRows: readonly TableRow[] = [
  ...[1, 16, 64].flatMap(sendRows),
  ...[10, 50, 200, 1000].flatMap(deliveryRows),
  ...['first', 'later'].map(
    (which): TableRow => ({
      key: `initial-sync.${which}`,
      title: `initial sync of many rooms, ${which}`,
      unit: 'ms',
      goal: '< 1/20 of Synapse',
      reached: atMostOfSynapse(`initial-sync.${which}`, 1 / 20),
    }),
  ),
  {
    key: 'incremental-sync.p50',
    title: 'incremental sync with nothing new',
    unit: 'ms',
    goal: '< 1/3 of Synapse',
    reached: atMostOfSynapse('incremental-sync.p50', 1 / 3),
  },
  {
    key: 'bytes.database',
    title: 'database for a message',
    unit: 'bytes',
    goal: '< 1,200',
    reached: atMost('bytes.database', () => 1_200),
  },
  {
    key: 'bytes.log',
    title: 'write-ahead log for a message',
    unit: 'bytes',
    goal: '< 2,500',
    reached: atMost('bytes.log', () => 2_500),
  },
  {
    key: 'join.rate',
    title: 'joins into one room, 16 at a time',
    unit: 'per second',
    goal: '≥ 40 times Synapse',
    reached: atLeastOfSynapse('join.rate', 40),
  },
  { key: 'room-size.1.p50', title: 'one send, room of 1 member', unit: 'ms', goal: '', reached: noGoal },
  {
    key: 'room-size.large.p50',
    title: 'one send, large room',
    unit: 'ms',
    goal: '< 1.2 times a room of 1',
    reached: atMost('room-size.large.p50', (figures, peer) => {
      const small = figures.value(peer, 'room-size.1.p50');
      return small === undefined ? undefined : small * 1.2;
    }),
  },
  {
    key: 'state-change.database',
    title: 'database for a state change, large room',
    unit: 'bytes',
    goal: '< 1/50 of Synapse (10,000 members)',
    reached: atMostOfSynapse('state-change.database', 1 / 50),
  },
  {
    key: 'memory.idle',
    title: 'memory, idle',
    unit: 'MB',
    goal: '< Synapse',
    reached: atMostOfSynapse('memory.idle', 1),
  },
  { key: 'memory.after-send', title: 'memory, after send', unit: 'MB', goal: '', reached: noGoal },
  {
    key: 'memory.after-all',
    title: 'memory, after all of this',
    unit: 'MB',
    goal: '< 1/2 of Synapse',
    reached: atMostOfSynapse('memory.after-all', 1 / 2),
  },
  { key: 'start', title: 'start until it answers', unit: 'ms', goal: '< 700 ms', reached: atMost('start', () => 700) },
];
