import type { Sample } from './sample.ts';

export interface PostgresObservation {
  /** How long no primary has answered; 0 when one answered just now. */
  readonly silentForMs: number;
  /** Why not, such as `the disk is full` or `it is a standby`. */
  readonly why?: string;
  /** What the primary says; undefined while none answers. */
  readonly primary?: PrimaryFacts;
}

export interface PrimaryFacts {
  readonly versionNumber: number;
  /** Replicas that were there before, or that the configuration says there are, and how long each does not follow. */
  readonly missingReplicas: readonly { readonly name: string; readonly forMs: number }[];
  readonly replicas: readonly ReplicaObservation[];
  readonly slots: readonly SlotObservation[];
  readonly archiver: ArchiverObservation;
  readonly connections: { readonly used: number; readonly limit: number };
  /** The transaction that has been open for longest. */
  readonly oldestTransaction?: { readonly ageMs: number; readonly application: string };
  /** The transaction that has been prepared for longest: it outlives restarts, and holds its locks until somebody ends it. */
  readonly oldestPrepared?: { readonly name: string; readonly ageMs: number };
  /** Age of the oldest transaction id, of the 2,147,483,648 that there are. */
  readonly transactionIdAge: number;
  /** The same of the ids that stand for several holders of one row's lock; as many, and as final when they run out. */
  readonly multixactAge: number;
  /** Tables of many dead rows, the most first and five at most: how much of each is dead, and its size on the disk. */
  readonly deadRows: readonly { readonly table: string; readonly share: number; readonly sizeBytes: number }[];
  /** Pages whose checksum was wrong, over all databases. */
  readonly checksumFailures: number;
}

export interface ReplicaObservation {
  readonly name: string;
  /** What the primary's commits wait for. */
  readonly isSynchronous: boolean;
  readonly lagBytes: number;
  /** Since it last said anything; by itself it does every ten seconds. 0 where that is not known. */
  readonly silentForMs: number;
  /** Undefined where nothing is written, and so nothing is known. */
  readonly lagMs?: number;
}

export interface SlotObservation {
  readonly name: string;
  readonly isActive: boolean;
  readonly inactiveForMs: number;
  readonly retainedBytes: number;
  /** Of pg_replication_slots: `lost` can never be followed again. */
  readonly walStatus: 'reserved' | 'extended' | 'unreserved' | 'lost';
  /** What may still be written until the slot is lost, over time; empty where max_slot_wal_keep_size is not set. */
  readonly safeBytes: readonly Sample[];
}

export interface ArchiverObservation {
  readonly isOn: boolean;
  /** How long every attempt has failed; 0 when the last one went well. */
  readonly failingForMs: number;
  readonly lastFailedFile?: string;
}
