import {
  cryptoPrimitives,
  generateSigningKeyPair,
} from '@holdfast/homeserver/platform/cryptography/crypto-primitives.ts';
import { authorizeEvent } from '@holdfast/protocol/authorization/authorize-event.ts';
import { type BuiltEvent, buildEvent } from '@holdfast/protocol/events/build-event.ts';
import { contentHash } from '@holdfast/protocol/events/content-hash.ts';
import { encodePdu } from '@holdfast/protocol/events/encode-pdu.ts';
import { signedEventBytes } from '@holdfast/protocol/events/reference-hash.ts';
import { signEvent } from '@holdfast/protocol/events/sign-event.ts';
import { verifyEventSignatures } from '@holdfast/protocol/events/verify-event-signatures.ts';
import { type RoomVersionRules, roomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import { resolveState, resolveStateInSlices } from '@holdfast/protocol/state-resolution/resolve-state.ts';
import { makeConflictedRoom } from './conflicted-room.ts';
import { measureDurationNs } from './measure-duration.ts';
import { sampleDraft, sampleState } from './sample-event.ts';

/** What one piece of the core takes, beside the least that it could take. */
export interface CoreFigure {
  readonly what: string;
  readonly durationNs: number;
  /** Of the bare primitive over the same bytes; undefined where there is none. */
  readonly primitive?: { readonly what: string; readonly durationNs: number };
  readonly rounds: number;
}

const conflictedMembers = 1_000;

/** Measures the protocol core alone, on one thread and without I/O. Takes a quarter of a minute. */
export function measureCore(): CoreFigure[] {
  const rules = requireRules('12');
  const { secretKey, publicKey } = generateSigningKeyPair();
  const key = { name: 'one.example', keyId: 'ed25519:1', secretKey };
  const built = buildEvent(sampleDraft, rules, key, cryptoPrimitives);
  if (built === undefined) throw new Error('the sample is no event');
  return [
    ...measureEncoding(built, rules),
    ...measureSigning(built, rules, key, publicKey),
    measureAuthorizing(built, rules),
    ...['10', '12'].flatMap((version) => measureResolving(requireRules(version))),
  ];
}

function measureEncoding(built: BuiltEvent, rules: RoomVersionRules): CoreFigure[] {
  const { pdu } = built;
  const bytes = Buffer.from(built.pduJson);
  return [
    figure(
      'canonical JSON of a message',
      () => encodePdu(pdu, rules),
      'JSON.stringify',
      () => JSON.stringify(pdu),
    ),
    figure(
      'content hash of a message',
      () => contentHash(pdu, rules, cryptoPrimitives),
      'SHA-256 of its bytes',
      () => cryptoPrimitives.sha256(bytes),
    ),
  ];
}

function measureSigning(
  built: BuiltEvent,
  rules: RoomVersionRules,
  key: { name: string; keyId: string; secretKey: Uint8Array },
  publicKey: Uint8Array,
): CoreFigure[] {
  const bytes = signedEventBytes(built.pdu, rules);
  const signature = cryptoPrimitives.sign(bytes, key.secretKey);
  const verifyKey = { publicKey, validUntilTs: Number.MAX_SAFE_INTEGER };
  const verified = verifyEventSignatures(built.pdu, rules, () => verifyKey, cryptoPrimitives);
  if (verified !== undefined) throw new Error(`the sample's signature: ${verified.message}`);
  const bareSign = () => cryptoPrimitives.sign(bytes, key.secretKey);
  return [
    figure('sign a message', () => signEvent(built.pdu, rules, key, cryptoPrimitives), 'Ed25519 sign', bareSign),
    figure(
      'verify a message',
      () => verifyEventSignatures(built.pdu, rules, () => verifyKey, cryptoPrimitives),
      'Ed25519 verify',
      () => cryptoPrimitives.verify(bytes, signature, publicKey),
    ),
    figure(
      'build a message (encode, two hashes, sign)',
      () => buildEvent(sampleDraft, rules, key, cryptoPrimitives),
      'Ed25519 sign',
      bareSign,
    ),
  ];
}

function measureAuthorizing(built: BuiltEvent, rules: RoomVersionRules): CoreFigure {
  const events = sampleState();
  const state = { get: (type: string, stateKey: string) => events.get(`${type}|${stateKey}`) };
  const verdict = authorizeEvent(rules, built, state, cryptoPrimitives.verify);
  if (!verdict.allowed) throw new Error(`the sample is refused: ${verdict.reason}`);
  return figure('authorise a message', () => authorizeEvent(rules, built, state, cryptoPrimitives.verify));
}

function measureResolving(rules: RoomVersionRules): CoreFigure[] {
  const input = makeConflictedRoom(rules, conflictedMembers);
  const resolved = resolveState(input);
  if (resolved.size !== conflictedMembers + 4) throw new Error(`${resolved.size} entries of state are resolved`);
  const what = `resolve ${conflictedMembers} conflicted members, version ${rules.id}`;
  const whole = measureDurationNs(() => resolveState(input));
  return [
    { what, durationNs: whole.p50, rounds: whole.samples },
    { what: `${what}: longest slice`, durationNs: longestSliceNs(input), rounds: 5 },
  ];
}

/** The longest time that a resolution holds the thread, at best of five: what is left is not the machine's noise. */
function longestSliceNs(input: Parameters<typeof resolveStateInSlices>[0]): number {
  let bestNs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round += 1) {
    let longestNs = 0;
    const slices = resolveStateInSlices(input);
    for (let done = false; !done; ) {
      const startedMs = performance.now();
      done = slices.next().done === true;
      longestNs = Math.max(longestNs, (performance.now() - startedMs) * 1e6);
    }
    bestNs = Math.min(bestNs, longestNs);
  }
  return bestNs;
}

function figure(what: string, action: () => unknown, primitiveWhat?: string, primitive?: () => unknown): CoreFigure {
  const own = measureDurationNs(action);
  const plain = { what, durationNs: own.p50, rounds: own.samples };
  if (primitive === undefined || primitiveWhat === undefined) return plain;
  return { ...plain, primitive: { what: primitiveWhat, durationNs: measureDurationNs(primitive).p50 } };
}

function requireRules(version: string): RoomVersionRules {
  const rules = roomVersionRules(version);
  if (rules === undefined) throw new Error(`room version ${version} is unknown`);
  return rules;
}

/** One row for each figure. */
export function coreTable(figures: readonly CoreFigure[]): string {
  const rows = figures.map(({ what, durationNs, primitive }) => [
    what,
    formatDuration(durationNs),
    `${Math.round(1e9 / durationNs).toLocaleString('en-US')}/s`,
    primitive === undefined ? '' : `${primitive.what}: ${formatDuration(primitive.durationNs)}`,
    primitive === undefined ? '' : (durationNs / primitive.durationNs).toFixed(2),
  ]);
  const head = ['the core, one thread', 'takes', '', 'the primitive alone', 'times'];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function formatDuration(durationNs: number): string {
  return durationNs >= 1e6 ? `${(durationNs / 1e6).toFixed(1)} ms` : `${(durationNs / 1e3).toFixed(2)} µs`;
}
