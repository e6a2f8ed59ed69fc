import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { VerifyKey } from '@holdfast/protocol/events/verify-event-signatures.ts';
import type { WantedKey } from '../keys/key-ring.ts';
import type { EventVerdict } from './event-batch.ts';
import type { ReceivedEventInput } from './received-event.ts';
import type { RefusedEvents, SoundEvent } from './reply-events.ts';

export type FoundKey = readonly [serverName: string, keyId: string, key: VerifyKey];

/** What the main thread asks a worker for. `batch` names a batch, which lives until it is dropped. */
export type WorkerRequest =
  | { readonly kind: 'examine'; readonly version: string; readonly events: readonly ReceivedEventInput[] }
  | {
      readonly kind: 'split';
      readonly version: string;
      readonly arrays: readonly string[];
      readonly known: readonly string[];
      /** Events are read while others are still to come. Their ids are not told at the end. */
      readonly isReadEarly?: boolean;
    }
  | { readonly kind: 'add-bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'end-bytes' }
  | { readonly kind: 'judge'; readonly keys: readonly FoundKey[] }
  | { readonly kind: 'read'; readonly limit: number }
  | { readonly kind: 'drop' };

/** What each request is answered with. */
export interface WorkerAnswers {
  examine: readonly WantedKey[];
  split: null;
  'add-bytes': AddedBytes;
  'end-bytes': EndedReply;
  /** On `examine`d events, in their order. Those of a split reply are judged while they are read. */
  judge: readonly EventVerdict[];
  read: ReadEvents;
  drop: null;
}

/** What can be done before the last bytes of a reply are here, where it is read early. */
export interface AddedBytes {
  /** So many events can be read. */
  readonly readable: number;
  /** Keys that have not been asked for before. */
  readonly wanted: readonly WantedKey[];
}

/** What a split reply holds. */
export interface EndedReply {
  readonly members: JsonObject;
  /** The ids of the events of each array that have the right form, in their order. */
  readonly arrays: Readonly<Record<string, readonly string[]>>;
  readonly wanted: readonly WantedKey[];
}

export interface ReadEvents {
  /** In auth order; none at the end. */
  readonly events: readonly SoundEvent[];
  /** So far. */
  readonly refused: RefusedEvents;
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
