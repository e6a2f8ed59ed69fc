import type { Sql } from 'postgres';
import type { LargeRoom } from './make-large-room.ts';
import type { Population } from './make-population.ts';
import type { VerifySent } from './verify-sent.ts';

/** One figure. What it stands for is in its row of `goals.ts`, found by the key. */
export interface Measurement {
  /** Stable name, such as `send.64.rate`. */
  readonly key: string;
  readonly value: number;
  /** How many samples stand behind the value. */
  readonly samples: number;
  /** Anything that helps to read the figure; goes to the JSON only. */
  readonly details?: unknown;
}

/** How much of everything a run does. */
export interface BenchSizes {
  readonly sendSeconds: number;
  readonly sendRounds: number;
  readonly warmUpSeconds: number;
  readonly deliverySeconds: number;
  readonly deliveryRates: readonly number[];
  readonly receivers: number;
  readonly initialSyncRooms: number;
  readonly largeRoomMembers: number;
  readonly largeRoomSends: number;
  readonly bytesSeconds: number;
  readonly stateChanges: number;
  readonly emptySyncs: number;
  readonly durableCommits: number;
  readonly restarts: number;
}

/** What a scenario works with: one running server, and what earlier scenarios made on it. */
export interface ScenarioContext {
  readonly baseUrl: string;
  readonly registrationSecret: string | undefined;
  readonly sizes: BenchSizes;
  /** The server's own database; undefined when it is not known. */
  readonly sql: Sql | undefined;
  /** The server's process; undefined when it is not known. */
  readonly pid: number | undefined;
  readonly population: () => Promise<Population>;
  /** How the acknowledged events are found again; undefined pages through /messages. */
  readonly verifySent: VerifySent | undefined;
  readonly largeRoom: () => Promise<LargeRoom>;
  /** Stops and starts the server over the same data; milliseconds until it answered. Undefined when it cannot be. */
  readonly restart: (() => Promise<number>) | undefined;
  readonly log: (line: string) => void;
}

export interface Scenario {
  readonly name: string;
  run(context: ScenarioContext): Promise<Measurement[]>;
}
