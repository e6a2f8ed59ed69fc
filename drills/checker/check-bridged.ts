/** Where somebody said something, and where others see it. */
export type Side = 'Matrix' | 'IRC';

/** What was said in a channel and its room, and what was seen of it. */
export interface BridgedChannel {
  readonly channel: string;
  readonly said: readonly SaidMessage[];
  /** Who read all of it, in the order in which it stood there. The first of each side is what others are held against. */
  readonly readers: readonly BridgedReader[];
}

export interface SaidMessage {
  /** Unique in the drill. */
  readonly body: string;
  readonly side: Side;
  /** Messages of one speaker were said one after the other, in the order of the list. */
  readonly speaker: string;
  /** `unknown`: there was no clear answer, so it may be there or not, but the same everywhere. */
  readonly fate: 'acknowledged' | 'unknown' | 'refused';
}

export interface BridgedReader {
  readonly name: string;
  /** A reader of the application service API stands on Matrix's side. */
  readonly side: Side;
  readonly bodies: readonly string[];
}

export type BridgedViolationKind = 'lost' | 'doubled' | 'reordered' | 'refused but present' | 'not there at its origin';

export interface BridgedViolation {
  readonly kind: BridgedViolationKind;
  /** Where the message came from. */
  readonly origin: Side;
  readonly detail: string;
}

/**
 * What was said on one side stands on both sides once and in one order: everybody's messages of Matrix in the order of
 * the room, everybody's of IRC in the order of the channel, and each speaker's in the order of speaking. How messages of
 * the two sides stand between each other may differ: they cross on their way. Bodies that nobody of the drill said, such
 * as notices of the bridge, are not judged here.
 */
export function checkBridged({ channel, said, readers }: BridgedChannel): BridgedViolation[] {
  return (['Matrix', 'IRC'] as const).flatMap((origin) => {
    const messages = new Map(said.filter(({ side }) => side === origin).map((message) => [message.body, message]));
    const seen = readers.map((reader) => ({
      name: `${reader.name} of ${channel}`,
      side: reader.side,
      bodies: reader.bodies.filter((body) => messages.has(body)),
    }));
    const found = (kind: BridgedViolationKind, detail: string): BridgedViolation => ({ kind, origin, detail });
    const reference = seen.find(({ side }) => side === origin);
    if (!reference) return [found('not there at its origin', `nobody read ${channel} on ${origin}`)];
    return [
      ...checkOrigin(messages, reference, found),
      ...seen.flatMap((reader) => checkReader(messages, reference, reader, found)),
    ];
  });
}

type Found = (kind: BridgedViolationKind, detail: string) => BridgedViolation;
type Messages = ReadonlyMap<string, SaidMessage>;

/** The side where it was said has what it acknowledged, and nothing that it refused, in the order of speaking. */
function checkOrigin(messages: Messages, reference: BridgedReader, found: Found): BridgedViolation[] {
  const places = placesOf(reference);
  const violations: BridgedViolation[] = [];
  const newest = new Map<string, SaidMessage>();
  for (const message of messages.values()) {
    const { body, fate, speaker } = message;
    const place = places.get(body);
    if (place === undefined) {
      if (fate === 'acknowledged') violations.push(found('not there at its origin', `${reference.name}: ${body}`));
      continue;
    }
    if (fate === 'refused') violations.push(found('refused but present', `${reference.name}: ${body}`));
    const before = newest.get(speaker);
    if (before && (places.get(before.body) ?? -1) > place) {
      violations.push(found('reordered', `${reference.name}: ${body} stands before ${before.body}`));
    }
    newest.set(speaker, message);
  }
  return violations;
}

/** A reader has each message of the reference once, in its order, and no other of that side. */
function checkReader(
  messages: Messages,
  reference: BridgedReader,
  reader: BridgedReader,
  found: Found,
): BridgedViolation[] {
  const violations: BridgedViolation[] = [];
  const places = placesOf(reference);
  const seen = new Set<string>();
  let last = -1;
  for (const body of reader.bodies) {
    const place = places.get(body);
    if (seen.has(body)) {
      violations.push(found('doubled', `${reader.name}: ${body}`));
      continue;
    }
    seen.add(body);
    if (place === undefined) {
      const kind = messages.get(body)?.fate === 'refused' ? 'refused but present' : 'not there at its origin';
      violations.push(found(kind, `${reader.name} has ${body}, ${reference.name} has not`));
      continue;
    }
    if (place < last) {
      violations.push(found('reordered', `${reader.name}: ${body} comes after ${reference.bodies[last]}`));
    }
    last = Math.max(last, place);
  }
  for (const body of places.keys()) if (!seen.has(body)) violations.push(found('lost', `${reader.name}: ${body}`));
  return violations;
}

/** Where each body stands first. */
function placesOf({ bodies }: BridgedReader): Map<string, number> {
  const places = new Map<string, number>();
  for (const [place, body] of bodies.entries()) if (!places.has(body)) places.set(body, place);
  return places;
}

const lateMark = /^\[\d{4}-\d\d-\d\d \d\d:\d\d UTC\] /;

/** What was said, as IRC shows it: without the time by which the bridge marks what comes late. */
export function readSpokenLine(text: string): { readonly body: string; readonly isLate: boolean } {
  const body = text.replace(lateMark, '');
  return { body, isLate: body !== text };
}
