import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { VerifyKey } from '@holdfast/protocol/events/verify-event-signatures.ts';
import type { WantedKey } from '../keys/key-ring.ts';
import type { EventVerdict } from './event-batch.ts';
import type { ReceivedEventInput, RefusedEvent } from './received-event.ts';
import type { SoundEvent } from './reply-events.ts';

export type FoundKey = readonly [serverName: string, keyId: string, key: VerifyKey];

/** What the main thread asks a worker for. `batch` names a batch, which lives until it is dropped. */
export type WorkerRequest =
  | { readonly kind: 'examine'; readonly version: string; readonly events: readonly ReceivedEventInput[] }
  | { readonly kind: 'split'; readonly version: string; readonly arrays: readonly string[] }
  | { readonly kind: 'add-bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'end-bytes' }
  | { readonly kind: 'judge'; readonly keys: readonly FoundKey[] }
  | { readonly kind: 'read'; readonly limit: number }
  | { readonly kind: 'drop' };

/** What each request is answered with. */
export interface WorkerAnswers {
  examine: readonly WantedKey[];
  split: null;
  'add-bytes': null;
  'end-bytes': { readonly members: JsonObject; readonly wanted: readonly WantedKey[] };
  judge: JudgedBatch;
  /** In auth order; empty at the end. */
  read: readonly SoundEvent[];
  drop: null;
}

export interface JudgedBatch {
  /** Of `examine`d events: in their order. Of a split reply none: they are read. */
  readonly verdicts: readonly EventVerdict[];
  /** Of a split reply: the ids of the sound events of each array, in their order. */
  readonly arrays: Readonly<Record<string, readonly string[]>>;
  readonly refusedCount: number;
  readonly refusedExamples: readonly RefusedEvent[];
}

export type WorkerKind = WorkerRequest['kind'];

export interface WorkerCall {
  readonly call: number;
  readonly batch: number;
  readonly request: WorkerRequest;
}

export interface WorkerReply {
  readonly call: number;
  readonly answer?: unknown;
  /** Of what is wrong with the input. */
  readonly problem?: string;
}
