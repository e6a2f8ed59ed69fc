import { encodeCanonicalString } from '@holdfast/protocol/json/canonical-json.ts';

/** Where a device's messages are that a transaction holds: the last ones by shard. */
export interface DeliveredMessages {
  readonly userId: string;
  readonly deviceId: string;
  readonly received: readonly { readonly shard: number; readonly position: number }[];
}

/** What is sent to a service at once, and sent again as it is until the service has acknowledged it. */
export interface Transaction {
  readonly number: number;
  /** By shard: with it, all that is for the service up to there has been sent. */
  readonly upTo: readonly number[];
  readonly eventIds: readonly string[];
  readonly messages: readonly DeliveredMessages[];
  /** JSON. */
  readonly body: string;
  /** When it was put together; wall clock. */
  readonly madeMs: number;
}

/** What goes into a transaction, each piece as JSON text. */
export interface TransactionContent {
  readonly events: readonly string[];
  readonly ephemeral: readonly string[];
  readonly toDevice: readonly string[];
  readonly deviceLists: { readonly changed: readonly string[]; readonly left: readonly string[] };
  /** By user and device. */
  readonly keyCounts: Readonly<Record<string, Readonly<Record<string, object>>>>;
  readonly fallbackTypes: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/**
 * The body of a transaction. What had another name before it was taken into the specification, or is not in it yet, has
 * all its names: services look for one of them.
 * https://spec.matrix.org/v1.19/application-service-api/#put_matrixappv1transactionstxnid
 */
export function transactionBody(content: TransactionContent): string {
  const { events, ephemeral, toDevice, deviceLists, keyCounts, fallbackTypes } = content;
  const members = [`"events":${list(events)}`];
  const add = (names: readonly string[], json: string) => {
    for (const name of names) members.push(`${encodeCanonicalString(name)}:${json}`);
  };
  if (ephemeral.length > 0) add(['ephemeral', 'de.sorunome.msc2409.ephemeral'], list(ephemeral));
  if (toDevice.length > 0) add(['to_device', 'de.sorunome.msc2409.to_device'], list(toDevice));
  if (deviceLists.changed.length + deviceLists.left.length > 0) {
    add(['device_lists', 'org.matrix.msc3202.device_lists'], JSON.stringify(deviceLists));
  }
  if (Object.keys(keyCounts).length > 0) {
    const names = ['device_one_time_keys_count', 'org.matrix.msc3202.device_one_time_keys_count'];
    add([...names, 'org.matrix.msc3202.device_one_time_key_counts'], JSON.stringify(keyCounts));
    const typeNames = ['device_unused_fallback_key_types', 'org.matrix.msc3202.device_unused_fallback_key_types'];
    add(typeNames, JSON.stringify(fallbackTypes));
  }
  return `{${members.join(',')}}`;
}

function list(texts: readonly string[]): string {
  return `[${texts.join(',')}]`;
}

/** As it is stored: what is needed besides the body in the first line, the body behind it. */
export function packTransaction({ body, upTo, eventIds, messages, madeMs }: Transaction): string {
  return `${JSON.stringify({ upTo, eventIds, messages, madeMs })}\n${body}`;
}

export function unpackTransaction(number: number, stored: string): Transaction {
  const end = stored.indexOf('\n');
  const head = JSON.parse(stored.slice(0, end)) as Pick<Transaction, 'upTo' | 'eventIds' | 'messages' | 'madeMs'>;
  // What an earlier version stored has no messages.
  return { number, ...head, messages: head.messages ?? [], body: stored.slice(end + 1) };
}

/** Without some of its events: another transaction, which needs another number. */
export function withoutEvents(transaction: Transaction, number: number, eventIds: ReadonlySet<string>): Transaction {
  const body = JSON.parse(transaction.body) as { events: { event_id: string }[] };
  const events = body.events.filter(({ event_id: eventId }) => !eventIds.has(eventId));
  return {
    ...transaction,
    number,
    body: JSON.stringify({ ...body, events }),
    eventIds: transaction.eventIds.filter((eventId) => !eventIds.has(eventId)),
  };
}
