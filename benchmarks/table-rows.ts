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
  /** Where the figure counts only with a server that keeps up: the measurement that says 1 if it does. */
  readonly keepsUpKey?: string;
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
  const who = `${clients} client${oneClient ? '' : 's'}`;
  return [
    {
      key: rateKey,
      title: `events sent and acknowledged, ${who}`,
      unit: 'per second',
      goal: '≥ 1/2 of the ceiling',
      reached: (figures, peer) =>
        compare(figures.value(peer, rateKey), figures.value('ceiling', rateKey), (own, its) => own >= its / 2),
    },
    {
      key: `send.${clients}.p50`,
      title: `one send, ${who}, p50`,
      unit: 'ms',
      goal: oneClient ? '< 3 durable commits' : '',
      reached: oneClient ? atMostCommits(`send.${clients}.p50`, 3) : noGoal,
    },
    { key: `send.${clients}.p99`, title: `one send, ${who}, p99`, unit: 'ms', goal: '', reached: noGoal },
  ];
}

interface DeliveryGoal {
  readonly text: string;
  readonly reached: Reached;
}

function deliveryRow(perSecond: number, share: 'p50' | 'p99', goal?: DeliveryGoal): TableRow {
  const keepsUpKey = `delivery.${perSecond}.keeps-up`;
  return {
    key: `delivery.${perSecond}.${share}`,
    title: `delivery to 100 receivers at ${perSecond}/s, ${share}`,
    unit: 'ms',
    keepsUpKey,
    goal: goal?.text ?? '',
    reached: (figures, peer) => {
      const reached = goal?.reached(figures, peer);
      return reached === true ? figures.value(peer, keepsUpKey) === 1 : reached;
    },
  };
}

const deliveryRows: readonly TableRow[] = [
  deliveryRow(10, 'p50', { text: '< 10 ms', reached: atMost('delivery.10.p50', () => 10) }),
  deliveryRow(10, 'p99'),
  deliveryRow(50, 'p50'),
  deliveryRow(50, 'p99'),
  deliveryRow(200, 'p50', { text: '< 5 durable commits', reached: atMostCommits('delivery.200.p50', 5) }),
  deliveryRow(200, 'p99', { text: '< 20 durable commits', reached: atMostCommits('delivery.200.p99', 20) }),
  deliveryRow(1000, 'p50', { text: 'keeps up', reached: atMost('delivery.1000.p50', () => Number.MAX_VALUE) }),
  deliveryRow(1000, 'p99'),
];

/** Every row of the table, in its order, with the goal that Holdfast has set itself. */
export const tableRows: readonly TableRow[] = [
  ...[1, 16, 64].flatMap(sendRows),
  ...deliveryRows,
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
