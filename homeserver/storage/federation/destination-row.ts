/** How far another server has been sent what is for it. */
export interface DestinationRow {
  readonly server: string;
  /** By shard id; a shard that is younger than the row counts from 0. */
  readonly positions: readonly number[];
  readonly isBehind: boolean;
  readonly lastSuccessMs: number | null;
}

/** Names the router of a home shard among the readers of the log. */
export function routerName(shardCount: number, homeShard: number): string {
  return `federation ${shardCount}/${homeShard}`;
}

/** A destination as it is stored. */
export interface StoredDestination extends DestinationRow {
  /** For how long it has been behind; 0 where it is not. */
  readonly behindForMs: number;
}
