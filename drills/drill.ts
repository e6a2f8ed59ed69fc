import type { Observation } from './checker/history.ts';
import type { DrillMonitor } from './cluster/drill-monitor.ts';
import type { DrillPostgres } from './cluster/drill-postgres.ts';
import type { Cluster } from './cluster/start-cluster.ts';
import type { Finding } from './finding.ts';
import type { DrillUser } from './load/populate.ts';
import type { Load } from './load/send-load.ts';

export { type Finding, finding, noneOf, ofTime, showSeconds, within } from './finding.ts';

export interface Stage {
  readonly cluster: Cluster;
  readonly load: Load;
  readonly short: boolean;
  /** A member of every room. */
  readonly reader: DrillUser;
  /** For files of the scenario's own. */
  readonly folder: string;
  /** Says what happens, with the time. */
  say(text: string): void;
  /** Whether there is time for another round of faults: the load is to go on for longer. */
  hasTimeForMore(): boolean;
  /** The shard of each room. */
  readonly shardOfRoom: ReadonlyMap<string, number>;
  /** Where the drill is watched. */
  readonly monitor?: DrillMonitor;
  /** Resolves when events are acknowledged again that were not yet at the call, with how long that took, in ms. */
  untilAcknowledging(): Promise<number>;
}

export interface Drill {
  readonly name: string;
  readonly fault: string;
  readonly shardCount: number;
  readonly longestGapMs: number;
  /** From being sent until it is seen by readers on every process. Undefined: not judged. */
  readonly deliveryP99Ms?: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** Settings of one process, by its index; what has to be there first is made here, or thrown as what is missing. */
  prepare?(folder: string): Promise<(index: number) => Readonly<Record<string, string>>>;
  /** The database of the drill, where it is not the one that Holdfast carries. */
  startDatabase?(folder: string): Promise<DrillPostgres>;
  /** Of all senders together; the same in both forms. Unless set 1,000, or 300 in the short form. */
  readonly eventsPerSecond?: number;
  /** How long a client waits for an answer before it asks another process; 3 s unless set. */
  readonly attemptTimeoutMs?: number;
  /** The real monitor watches, and its volume is that of the folder that this gives for the drill's. */
  watch?(folder: string): string;
  /** Makes the faults, under load. */
  inject(stage: Stage): Promise<Finding[]>;
  /** What others than clients have seen of the rooms, once the load has ended: judged as the readers are. */
  observe?(stage: Pick<Stage, 'load'>): Promise<Observation[]>;
}
