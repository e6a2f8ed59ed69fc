import { isRaised } from '../decide/alert.ts';
import type { DecisionState } from '../decide/decide.ts';
import type { Observations, SourceName, SourceValues } from '../observations/observations.ts';

export interface MonitorFacts {
  readonly isLeader: boolean;
  /** Since the last round came to its end; undefined: none did. */
  readonly roundAgeMs: number | undefined;
  readonly decision: DecisionState;
  /** Pages that nobody has acknowledged. */
  readonly unanswered: number;
  readonly observations: Observations;
}

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number | undefined];
interface Metric {
  readonly name: string;
  readonly help: string;
  read(facts: MonitorFacts): readonly Sample[];
}

const one = (value: number | undefined): Sample[] => [[{}, value]];
const seconds = (ms: number | undefined) => ms && ms / 1000;

function seen<Name extends SourceName>({ observations }: MonitorFacts, name: Name): SourceValues[Name] | undefined {
  const look = observations.sources[name];
  return look?.kind === 'seen' ? look.value : undefined;
}

const primaryOf = (facts: MonitorFacts) => seen(facts, 'postgres')?.primary;

const ownMetrics: readonly Metric[] = [
  {
    ...{ name: 'holdfast_monitor_leader', help: '1 at the monitor that pages, else 0.' },
    read: ({ isLeader }) => one(Number(isLeader)),
  },
  {
    ...{ name: 'holdfast_monitor_round_age_seconds', help: 'Since the last round of the monitor came to its end.' },
    read: ({ roundAgeMs }) => one(seconds(roundAgeMs)),
  },
  {
    ...{ name: 'holdfast_monitor_unanswered_pages', help: 'Incidents that page and that nobody has acknowledged.' },
    read: ({ unanswered }) => one(unanswered),
  },
  {
    ...{ name: 'holdfast_monitor_alert', help: '1 for every alert that is raised, by what it is about.' },
    read: ({ decision }) =>
      decision.alerts
        .filter(isRaised)
        .map(({ rule, subject, severity }) => [{ rule, subject: subject || 'all', severity }, 1]),
  },
  {
    ...{ name: 'holdfast_monitor_source_unseen_seconds', help: 'For how long nothing is known of a source.' },
    read: ({ observations }) =>
      Object.entries(observations.sources).map(([source, look]) => [
        { source },
        look.kind === 'failed' ? look.forMs / 1000 : 0,
      ]),
  },
];

const observedMetrics: readonly Metric[] = [
  {
    ...{ name: 'holdfast_monitor_canary_seconds', help: 'From sending a canary until it came back over /sync.' },
    read: (facts) =>
      (seen(facts, 'canaries') ?? []).map(({ shard, roundTripMs }) => [{ shard: String(shard) }, seconds(roundTripMs)]),
  },
  {
    ...{ name: 'holdfast_monitor_volume_available_bytes', help: 'What can still be written on a volume.' },
    read: (facts) =>
      (seen(facts, 'volumes') ?? []).map(({ path, holds, availableBytes }) => [
        { path, holds },
        availableBytes.at(-1)?.value,
      ]),
  },
  {
    ...{ name: 'holdfast_monitor_volume_size_bytes', help: 'Size of a volume.' },
    read: (facts) =>
      (seen(facts, 'volumes') ?? []).map(({ path, holds, sizeBytes }) => [{ path, holds }, sizeBytes || undefined]),
  },
  {
    ...{ name: 'holdfast_monitor_clock_offset_seconds', help: 'How far a clock is ahead of what most clocks say.' },
    read: (facts) => (seen(facts, 'clocks') ?? []).map(({ name, offsetMs }) => [{ clock: name }, offsetMs / 1000]),
  },
  {
    ...{ name: 'holdfast_monitor_database_up', help: '1 while a primary answers, else 0.' },
    read: (facts) => {
      const postgres = seen(facts, 'postgres');
      return one(postgres && Number(postgres.silentForMs === 0));
    },
  },
  {
    ...{ name: 'holdfast_monitor_database_connections', help: 'Connections of clients to the primary.' },
    read: (facts) => one(primaryOf(facts)?.connections.used),
  },
  {
    ...{ name: 'holdfast_monitor_database_connections_limit', help: 'How many there can be.' },
    read: (facts) => one(primaryOf(facts)?.connections.limit),
  },
  {
    ...{ name: 'holdfast_monitor_replica_lag_bytes', help: 'How far a replica is behind.' },
    read: (facts) => (primaryOf(facts)?.replicas ?? []).map(({ name, lagBytes }) => [{ replica: name }, lagBytes]),
  },
  {
    ...{ name: 'holdfast_monitor_slot_retained_bytes', help: 'Logs that the primary keeps for a slot.' },
    read: (facts) => (primaryOf(facts)?.slots ?? []).map(({ name, retainedBytes }) => [{ slot: name }, retainedBytes]),
  },
  {
    ...{ name: 'holdfast_monitor_backup_age_seconds', help: 'Age of the newest base backup.' },
    read: (facts) => one(seconds(seen(facts, 'backups')?.newestAgeMs)),
  },
  {
    ...{ name: 'holdfast_monitor_backup_verified_age_seconds', help: 'Since a backup was checked in whole.' },
    read: (facts) => one(seconds(seen(facts, 'backups')?.verifiedAgoMs)),
  },
];

/** What the monitor exports. */
export const monitorMetrics: readonly Metric[] = [...ownMetrics, ...observedMetrics];

/** The text for Prometheus. Only the monitor that pages tells of alerts: the others know of none. */
export function formatMonitorMetrics(facts: MonitorFacts): string {
  const lines = monitorMetrics.flatMap(({ name, help, read }) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} gauge`,
    ...read(facts).flatMap(([labels, value]) =>
      value === undefined ? [] : [`${name}${formatLabels(labels)} ${value}`],
    ),
  ]);
  return `${lines.join('\n')}\n`;
}

function formatLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${escape(value)}"`);
  return pairs.length > 0 ? `{${pairs.join(',')}}` : '';
}

function escape(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
