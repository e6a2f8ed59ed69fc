import { readKeyCounts } from '../../devices/key-counts.ts';
import { receiptsText } from '../../ephemeral/ephemeral-text.ts';
import type { Context } from '../../platform/context.ts';
import type { EntryBodies } from '../../platform/shard-log/log-entry.ts';
import { readInboxAt } from '../../storage/devices/read-inbox.ts';
import type { StoredReceipt } from '../../storage/ephemeral/read-receipts.ts';
import type { DeliveredMessages, TransactionContent } from './transaction.ts';

/** A service that was away gets so many at once; one that is there gets what there is. */
const maxEvents = 500;
/** Small enough for services that take a mebibyte. */
const maxCharacters = 400_000;
const maxEphemeral = 500;
/** Messages to devices may be large. */
const maxToDevice = 50;
const maxKeyCounts = 200;

interface MessagePlace {
  readonly userId: string;
  readonly deviceId: string;
  readonly shard: number;
  readonly position: number;
}

/** Collects what the next transaction to a service holds. */
export class TransactionDraft {
  readonly #context: Context;
  readonly eventIds: string[] = [];
  readonly #events: string[] = [];
  /** By what makes the earlier one worthless; in the order of the latest. */
  readonly #ephemeral = new Map<string, string>();
  readonly #receipts = new Map<string, StoredReceipt[]>();
  readonly #messages: MessagePlace[] = [];
  readonly #changed = new Set<string>();
  readonly #left = new Set<string>();
  readonly #devices = new Map<string, { readonly userId: string; readonly deviceId: string }>();
  #characters = 0;

  constructor(context: Context) {
    this.#context = context;
  }

  get isEmpty(): boolean {
    const lists = this.#changed.size + this.#left.size + this.#devices.size;
    return this.#events.length + this.#countEphemeral() + this.#messages.length + lists === 0;
  }

  get isFull(): boolean {
    return (
      this.#events.length >= maxEvents ||
      this.#characters >= maxCharacters ||
      this.#countEphemeral() >= maxEphemeral ||
      this.#messages.length >= maxToDevice ||
      this.#devices.size >= maxKeyCounts
    );
  }

  addEvent(eventId: string, text: string): void {
    this.eventIds.push(eventId);
    this.#events.push(text);
    this.#characters += text.length;
  }

  addEphemeral(key: string, text: string): void {
    this.#ephemeral.delete(key);
    this.#ephemeral.set(key, text);
  }

  addReceipt({ roomId, userId, receiptType, eventId, threadId, timestampMs }: EntryBodies['receipt']): void {
    const receipt = { userId, type: receiptType, eventId, sentAtMs: timestampMs } as StoredReceipt;
    const receipts = this.#receipts.get(roomId) ?? [];
    receipts.push(threadId === undefined ? receipt : { ...receipt, threadId });
    this.#receipts.set(roomId, receipts);
  }

  addMessages(place: MessagePlace): void {
    this.#messages.push(place);
  }

  addChangedList(userId: string): void {
    this.#changed.add(userId);
    this.#left.delete(userId);
  }

  addLeftList(userId: string): void {
    this.#left.add(userId);
    this.#changed.delete(userId);
  }

  addKeyCounts(userId: string, deviceId: string): void {
    this.#devices.set(`${userId} ${deviceId}`, { userId, deviceId });
  }

  async finish(): Promise<TransactionContent> {
    const messages = await readInboxAt(this.#context.database, this.#messages);
    const keyCounts: Record<string, Record<string, object>> = {};
    const fallbackTypes: Record<string, Record<string, readonly string[]>> = {};
    for (const { userId, deviceId } of this.#devices.values()) {
      const { oneTimeKeys, unusedFallbackTypes } = await readKeyCounts(this.#context, userId, deviceId);
      (keyCounts[userId] ??= {})[deviceId] = oneTimeKeys;
      (fallbackTypes[userId] ??= {})[deviceId] = unusedFallbackTypes;
    }
    const receipts = [...this.#receipts].map(([roomId, list]) => inRoom(roomId, receiptsText(list)));
    return {
      events: this.#events,
      ephemeral: [...this.#ephemeral.values(), ...receipts],
      toDevice: messages.map(({ userId, deviceId, body }) => {
        const message = JSON.parse(body) as object;
        return JSON.stringify({ ...message, to_user_id: userId, to_device_id: deviceId });
      }),
      deviceLists: { changed: [...this.#changed], left: [...this.#left] },
      keyCounts,
      fallbackTypes,
    };
  }

  /** Where the messages are that `finish` reads. */
  delivered(): DeliveredMessages[] {
    const devices = Map.groupBy(this.#messages, ({ userId, deviceId }) => `${userId} ${deviceId}`);
    return [...devices.values()].flatMap((places) => {
      const last = new Map(places.map(({ shard, position }) => [shard, position]));
      const received = [...last].map(([shard, position]) => ({ shard, position }));
      return places.slice(0, 1).map(({ userId, deviceId }) => ({ userId, deviceId, received }));
    });
  }

  #countEphemeral(): number {
    return this.#ephemeral.size + this.#receipts.size;
  }
}

/** Adds to an event as clients get it in a room's part of a sync in which room it is. */
export function inRoom(roomId: string, text: string): string {
  return `${text.slice(0, -1)},"room_id":${JSON.stringify(roomId)}}`;
}
