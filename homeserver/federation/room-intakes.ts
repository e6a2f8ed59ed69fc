import type { Context } from '../platform/context.ts';
import { perContext } from '../platform/per-context.ts';
import { KeyedQueue } from '../platform/shard-log/keyed-queue.ts';
import { countUndecidedPdus } from '../storage/federation/read-undecided-pdus.ts';
import type { RoomName } from '../storage/names/room-names.ts';
import { forgetUndecided, identityOf, keepUndecided, type UndecidedText } from './keep-undecided.ts';

/** Keys that take longer to get do not hold a server's other rooms up. */
const keyPatienceMs = 800;
/** Nor does what else takes longer: less would come of load alone, under which whoever sends should wait. */
const patienceMs = 3_000;
/** Acknowledged events that are not judged yet: beyond that a server waits for its slow rooms. */
const mostOfOrigin = 500;
const mostInAll = 20_000;
/** More rooms than these are no slow rooms but a slow process: then whoever sends waits. */
const mostRoomsOfOrigin = 10;
const mostRooms = 100;
const mostCharacters = 64 * 1024 * 1024;
/** Events that wait in the table for keys: anybody can name a key that nobody has. */
const mostKeyless = { ofOrigin: 500, inAll: 20_000 };

/** Events of one room that one server sent. */
export interface IntakeRequest {
  readonly origin: string;
  readonly room: RoomName;
  readonly texts: readonly string[];
}

/** Judges them; calls `verified` when it waits for no keys any more. */
export type IntakeWork<T> = (verified: () => void) => Promise<T>;

/** What became of them. */
export interface JudgedIntake {
  /** Numbers of those whose keys could not be had: what becomes of them is not known. */
  readonly keyless: readonly number[];
}

interface Held {
  readonly key: string;
  readonly origin: string;
  readonly events: readonly UndecidedText[];
  readonly characters: number;
}

/**
 * Takes events into rooms: those of one server and room in the order in which they came. What takes long is stored as it
 * came, and goes on after its transaction was acknowledged; after a crash, UndecidedPdus does it again.
 */
export class RoomIntakes {
  readonly #context: Context;
  readonly #queue = new KeyedQueue();
  /** Of this process: how many events are stored and under way, by server, and by server and room. */
  readonly #countByOrigin = new Map<string, number>();
  readonly #countByKey = new Map<string, number>();
  readonly #roomsByOrigin = new Map<string, number>();
  #count = 0;
  #characters = 0;

  constructor(context: Context) {
    this.#context = context;
  }

  get count(): number {
    return this.#count;
  }

  /** This process has such events of the server and the room under way. */
  isBehind(origin: string, roomId: string): boolean {
    return this.#countByKey.has(keyOf(origin, roomId));
  }

  /** Runs work for a server and a room when what came before is done. */
  async inTurn<T>(origin: string, roomId: string, work: () => Promise<T>): Promise<T> {
    const release = await this.#queue.acquire(keyOf(origin, roomId));
    try {
      return await work();
    } finally {
      release();
    }
  }

  /**
   * Gives what `work` gives, where that comes soon; undefined: the events are committed as they came, and the work goes on.
   * What has no key is committed in both cases, to be judged again later. Throws as the work does, and where that cannot be
   * committed: then it is sent again.
   */
  async take<T extends JudgedIntake>(request: IntakeRequest, work: IntakeWork<T>): Promise<T | undefined> {
    const { origin, room, texts } = request;
    const isBehind = this.isBehind(origin, room.roomId);
    const progress = { isVerified: false };
    const verified = () => {
      progress.isVerified = true;
    };
    const judging = this.inTurn(origin, room.roomId, () => work(verified));
    // It may fail before anybody looks.
    judging.catch(() => {});
    if (!isBehind && (await this.#comesSoon(judging, progress))) return await this.#keepKeyless(request, await judging);
    const events = texts.map((text) => ({ identity: identityOf(text), text }));
    const characters = texts.reduce((sum, { length }) => sum + length, 0);
    const held = { key: keyOf(origin, room.roomId), origin, events, characters };
    if (!this.#hasRoomFor(held)) return await this.#keepKeyless(request, await judging);
    this.#hold(held, 1);
    try {
      await keepUndecided(this.#context, room, origin, events);
    } catch (error) {
      this.#hold(held, -1);
      this.#context.log.debug({ origin, roomId: room.roomId, err: error }, 'undecided events could not be kept');
      return await judging;
    }
    void this.#finish(room, held, judging);
    return undefined;
  }

  /** That nobody has a key now, however soon that is known, does not say that the event is unsound. */
  async #keepKeyless<T extends JudgedIntake>({ origin, room, texts }: IntakeRequest, judged: T): Promise<T> {
    if (judged.keyless.length === 0) return judged;
    const { ofOrigin, inAll } = await countUndecidedPdus(this.#context, origin);
    const left = Math.max(0, Math.min(mostKeyless.ofOrigin - ofOrigin, mostKeyless.inAll - inAll));
    const keyless = judged.keyless.slice(0, left).flatMap((index) => texts[index] ?? []);
    const events = keyless.map((text) => ({ identity: identityOf(text), text }));
    if (events.length > 0) await keepUndecided(this.#context, room, origin, events);
    return judged;
  }

  async #comesSoon(work: Promise<unknown>, progress: { readonly isVerified: boolean }): Promise<boolean> {
    if (await this.#isOverIn(keyPatienceMs, work)) return true;
    return progress.isVerified && (await this.#isOverIn(patienceMs - keyPatienceMs, work));
  }

  async #isOverIn(waitMs: number, work: Promise<unknown>): Promise<boolean> {
    return await new Promise<boolean>((resolve) => {
      const timer = this.#context.clock.startTimer(waitMs, () => resolve(false));
      const end = () => {
        timer.cancel();
        resolve(true);
      };
      work.then(end, end);
    });
  }

  async #finish(room: RoomName, held: Held, judging: Promise<JudgedIntake>): Promise<void> {
    try {
      const keyless = new Set((await judging).keyless);
      const decided = held.events.filter((_, index) => !keyless.has(index));
      await forgetUndecided(
        this.#context,
        room,
        decided.map(({ identity }) => identity),
      );
    } catch (error) {
      const { origin } = held;
      this.#context.log.debug({ origin, roomId: room.roomId, err: error }, 'undecided events are judged later');
    } finally {
      this.#hold(held, -1);
    }
  }

  #hasRoomFor({ key, origin, events, characters }: Held): boolean {
    const isNew = !this.#countByKey.has(key);
    if (isNew && this.#countByKey.size >= mostRooms) return false;
    if (isNew && (this.#roomsByOrigin.get(origin) ?? 0) >= mostRoomsOfOrigin) return false;
    if (this.#count + events.length > mostInAll || this.#characters + characters > mostCharacters) return false;
    return (this.#countByOrigin.get(origin) ?? 0) + events.length <= mostOfOrigin;
  }

  #hold({ key, origin, events, characters }: Held, sign: 1 | -1): void {
    const change = sign * events.length;
    this.#count += change;
    this.#characters += sign * characters;
    addTo(this.#countByOrigin, origin, change);
    const before = this.#countByKey.has(key);
    addTo(this.#countByKey, key, change);
    const after = this.#countByKey.has(key);
    if (before !== after) addTo(this.#roomsByOrigin, origin, after ? 1 : -1);
  }
}

function addTo(counts: Map<string, number>, key: string, change: number): void {
  const count = (counts.get(key) ?? 0) + change;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}

function keyOf(origin: string, roomId: string): string {
  return `${origin} ${roomId}`;
}

export const roomIntakes = perContext((context: Context) => {
  const intakes = new RoomIntakes(context);
  context.metrics.observedGauge({
    name: 'holdfast_federation_undecided_pdus',
    help: `Acknowledged events of other servers whose rooms take long with them; ${mostInAll} at most, ${mostOfOrigin} of one server.`,
    read: () => intakes.count,
  });
  return intakes;
});
