import { signatureKeyIds } from '@holdfast/protocol/crypto/verify-json.ts';
import { checkEventFormat } from '@holdfast/protocol/events/check-event-format.ts';
import { checkEventSize } from '@holdfast/protocol/events/check-event-size.ts';
import { hasRightContentHash } from '@holdfast/protocol/events/content-hash.ts';
import { encodePdu } from '@holdfast/protocol/events/encode-pdu.ts';
import type { JsonObject, Pdu } from '@holdfast/protocol/events/pdu.ts';
import { redactEvent } from '@holdfast/protocol/events/redact-event.ts';
import { eventIdOfHash, signedEventBytes } from '@holdfast/protocol/events/reference-hash.ts';
import {
  type EventSignatureProblem,
  type FindVerifyKey,
  requiredSignatures,
  verifySignaturesOver,
} from '@holdfast/protocol/events/verify-event-signatures.ts';
import { isServerSigningKeyId } from '@holdfast/protocol/identifiers/key-id.ts';
import { mayHaveUnusualNumbers, parseExactly } from '@holdfast/protocol/json/exact-numbers.ts';
import { parseJsonObject } from '@holdfast/protocol/json/parse-json.ts';
import type { RoomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import { cryptoPrimitives } from '../../platform/cryptography/crypto-primitives.ts';
import type { WantedKey } from '../keys/key-ring.ts';
import type { ReceivedEventInput, ReceivedEventProblem, RefusedEvent } from './received-event.ts';

/** What becomes of one event, in a form that can cross threads. */
export type EventVerdict =
  | { readonly eventId: string; readonly pduJson: string; readonly problem?: undefined }
  | RefusedEvent;

/** An event of the right form, whose signatures have still to be checked. */
export interface ExaminedEvent {
  readonly eventId: string;
  readonly event: Pdu;
  readonly pduJson: string;
  readonly signedBytes: Uint8Array;
}

/** More signatures of one server are not looked at: each could cost a question for a key. */
const mostKeysPerServer = 5;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * The checks on events of other servers that need nothing but the events and their keys, in two steps: `examine` reads
 * them, `wantedKeys` says what `judge` then needs. Runs in any thread.
 * https://spec.matrix.org/v1.19/server-server-api/#checks-performed-on-receipt-of-a-pdu (1 to 3)
 */
export class EventBatch {
  readonly #rules: RoomVersionRules;
  readonly #events: (ExaminedEvent | RefusedEvent)[] = [];

  constructor(rules: RoomVersionRules) {
    this.#rules = rules;
  }

  get size(): number {
    return this.#events.length;
  }

  examine(input: ReceivedEventInput): void {
    this.#events.push(examineEvent(input, this.#rules));
  }

  /** The keys that the examined events are signed with. */
  wantedKeys(): WantedKey[] {
    const wanted = new WantedKeys(this.#rules);
    for (const examined of this.#events) if ('event' in examined) wanted.add(examined.event);
    return wanted.list();
  }

  /** The verdict on an event, by its place in the order of `examine`. */
  judge(index: number, findKey: FindVerifyKey): EventVerdict {
    const examined = this.#events[index];
    if (!examined) throw new RangeError(`there is no event ${index} in the batch`);
    return 'event' in examined ? judgeEvent(examined, this.#rules, findKey) : examined;
  }
}

/** The keys that events are signed with, each once, with the latest time at which it was used. */
export class WantedKeys {
  readonly #rules: RoomVersionRules;
  readonly #wanted = new Map<string, { serverName: string; keyId: string; atTs: number }>();

  constructor(rules: RoomVersionRules) {
    this.#rules = rules;
  }

  add(event: Pdu): void {
    const { signatures, origin_server_ts: atTs } = event;
    for (const { serverName } of requiredSignatures(event, this.#rules)) {
      const keyIds = signatureKeyIds(signatures, serverName).filter(isServerSigningKeyId);
      for (const keyId of keyIds.slice(0, mostKeysPerServer)) {
        const known = this.#wanted.get(`${serverName} ${keyId}`);
        if (!known) this.#wanted.set(`${serverName} ${keyId}`, { serverName, keyId, atTs: this.#neededUntil(atTs) });
        else known.atTs = Math.max(known.atTs, this.#neededUntil(atTs));
      }
    }
  }

  list(): WantedKey[] {
    return [...this.#wanted.values()];
  }

  /** Old rooms do not care until when a key is valid. */
  #neededUntil(originServerTs: number): number {
    return this.#rules.enforceKeyValidity ? originServerTs : 0;
  }
}

/** Reads an event as it came: its form, its size, its id. */
export function examineEvent(input: ReceivedEventInput, rules: RoomVersionRules): ExaminedEvent | RefusedEvent {
  const refuse = (kind: ReceivedEventProblem['kind'], message: string, eventId?: string) => ({
    ...{ eventId, problem: { kind, message } },
  });
  const parsed = parseInput(input, rules);
  if (typeof parsed === 'string') return refuse('malformed', parsed);
  // Nobody has signed `unsigned`, and nothing in it is believed.
  const { unsigned: _unsigned, ...candidate } = parsed;
  const { event, problem } = checkEventFormat(candidate, rules);
  if (!event) return refuse('malformed', problem.message);
  const pduJson = encodePdu(event, rules);
  const signedBytes = signedEventBytes(event, rules);
  const eventId =
    rules.eventIds === 'server' ? (event.event_id ?? '') : eventIdOfHash(cryptoPrimitives.sha256(signedBytes), rules);
  const tooLarge = checkEventSize(event, eventId, pduJson, rules);
  if (tooLarge) return refuse('too-large', tooLarge.message, eventId);
  return { eventId, event, pduJson, signedBytes };
}

/** An event that was examined before, by what was kept of it. */
export function readExaminedEvent(eventId: string, pduJson: string, rules: RoomVersionRules): ExaminedEvent {
  const event = (isExactlyRead(pduJson, rules) ? parseExactly(pduJson) : JSON.parse(pduJson)) as unknown as Pdu;
  return { eventId, event, pduJson, signedBytes: signedEventBytes(event, rules) };
}

function parseInput(input: ReceivedEventInput, rules: RoomVersionRules): JsonObject | string {
  if (typeof input !== 'string' && !(input instanceof Uint8Array)) return input;
  const bytes = typeof input === 'string' ? encoder.encode(input) : input;
  const parsed = parseJsonObject(bytes);
  if (parsed.problem !== undefined) return parsed.problem.message;
  if (rules.strictCanonicalJson) return parsed.value;
  const text = typeof input === 'string' ? input : decoder.decode(bytes);
  return isExactlyRead(text, rules) ? (parseExactly(text) as JsonObject) : parsed.value;
}

function isExactlyRead(text: string, { strictCanonicalJson }: RoomVersionRules): boolean {
  return !strictCanonicalJson && mayHaveUnusualNumbers(text);
}

/** Checks signatures and hash. */
export function judgeEvent(examined: ExaminedEvent, rules: RoomVersionRules, findKey: FindVerifyKey): EventVerdict {
  const { eventId, event, pduJson, signedBytes } = examined;
  const problem = verifySignaturesOver(signedBytes, event, rules, findKey, cryptoPrimitives);
  if (problem) return { eventId, problem: { kind: kindOf(problem), message: problem.message } };
  if (hasRightContentHash(event, rules, cryptoPrimitives)) return { eventId, pduJson };
  return { eventId, pduJson: encodePdu(redactEvent(event, rules), rules) };
}

function kindOf({ kind }: EventSignatureProblem): ReceivedEventProblem['kind'] {
  return kind === 'unknown-key' ? 'key' : 'signature';
}
