import type { BackupObservation } from './backups.ts';
import type { BridgeObservation } from './bridges.ts';
import type { CanaryObservation } from './canary.ts';
import type { CertificateObservation } from './certificates.ts';
import type { ClockObservation } from './clocks.ts';
import type { EtcdObservation } from './etcd.ts';
import type { FederationObservation } from './federation.ts';
import type { NetworkObservation } from './network.ts';
import type { PatroniObservation } from './patroni.ts';
import type { PostgresObservation } from './postgres.ts';
import type { ProcessObservation } from './process.ts';
import type { PushObservation } from './push.ts';
import type { ReachabilityObservation } from './reachability.ts';
import type { TurnObservation } from './turn.ts';
import type { VolumeObservation } from './volumes.ts';

/** What each source gives when it could be looked at. */
export interface SourceValues {
  readonly processes: readonly ProcessObservation[];
  readonly canaries: readonly CanaryObservation[];
  readonly postgres: PostgresObservation;
  readonly patroni: PatroniObservation;
  readonly etcd: readonly EtcdObservation[];
  readonly volumes: readonly VolumeObservation[];
  readonly clocks: readonly ClockObservation[];
  readonly network: NetworkObservation;
  readonly certificates: readonly CertificateObservation[];
  readonly bridges: readonly BridgeObservation[];
  readonly federation: FederationObservation;
  readonly reachability: ReachabilityObservation;
  readonly backups: BackupObservation;
  readonly turn: readonly TurnObservation[];
  readonly push: readonly PushObservation[];
}

export type SourceName = keyof SourceValues;

/**
 * One look at a source. A source whose peer is down is `seen`, and its value says so; `failed` means that nothing at all
 * is known of it: it took longer than its deadline, or it is broken.
 */
export type Look<Value> =
  | { readonly kind: 'seen'; readonly value: Value }
  | { readonly kind: 'failed'; readonly why: string; readonly forMs: number };

/** Everything that is known at one moment. A source that is not there has not been looked at, or is not configured. */
export interface Observations {
  /**
   * The monitor's time, in milliseconds since 1970: set once by the database's clock, and going on by a clock that
   * never jumps.
   */
  readonly atMs: number;
  readonly sources: { readonly [Name in SourceName]?: Look<SourceValues[Name]> };
}
