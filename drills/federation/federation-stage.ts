import type { TwoServers } from './two-servers.ts';

/** What a phase of the drill is given. */
export interface FederationStage {
  readonly two: TwoServers;
  readonly sizes: FederationSizes;
  /** Says what happens, with the time. */
  say(text: string): void;
}

export interface FederationSizes {
  readonly outageMs: number;
  /** Of both servers together. */
  readonly eventsPerSecond: number;
  /** Of the room that is joined. */
  readonly members: number;
  /** Messages that are read back. */
  readonly history: number;
}
