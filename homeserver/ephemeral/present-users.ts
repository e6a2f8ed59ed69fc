import { LoadOnce } from '../platform/load-once.ts';
import type { OwnedShard, ShardMemory } from '../platform/shard-log/command.ts';
import { isUserOfServer } from '../rooms/server-of-user.ts';
import { readPresence, readPresentUsers, type StoredPresence } from '../storage/ephemeral/read-presence.ts';
import type { PresentUser } from './presence-of-user.ts';

/** Whoever was there when the shard changed its owner has this time to call again. */
const graceMs = 75_000;
/** The servers of those who are another's repeat more often than this that they are there. */
const remoteGraceMs = 30 * 60_000;
/** Users of other servers beyond this number are not followed. */
const maxUsers = 100_000;

/** The users of a shard who are there, in the memory of the shard's owner. */
export class PresentUsers {
  readonly users = new Map<string, PresentUser>();
  /** Of this memory, which ends with the ownership. */
  readonly id: string;
  /** Somebody looks now and then for who went away. */
  isSwept = false;
  readonly #shard: OwnedShard;
  readonly #loaded = new LoadOnce(() => this.#load());

  constructor(shard: OwnedShard) {
    this.#shard = shard;
    this.id = shard.context.random.uuid();
  }

  async loaded(): Promise<void> {
    await this.#loaded.done();
  }

  /** A user, with what was told before. */
  async get(userId: string): Promise<PresentUser> {
    await this.#loaded.done();
    const known = this.users.get(userId);
    if (known) return known;
    const told = await readPresence(this.#shard.context, userId);
    const earlier = this.users.get(userId);
    if (earlier) return earlier;
    const user = this.#userOf(userId, told);
    this.users.set(userId, user);
    return user;
  }

  /** A user of another server; undefined when there are too many. */
  async getRemote(userId: string): Promise<PresentUser | undefined> {
    await this.#loaded.done();
    return this.users.size >= maxUsers && !this.users.has(userId) ? undefined : await this.get(userId);
  }

  async #load(): Promise<void> {
    const { context, id } = this.#shard;
    const nowMs = context.clock.monotonicMs();
    for (const told of await readPresentUsers(context, id)) {
      const user = this.#userOf(told.userId, told);
      const { state, currentlyActive } = told;
      const isLocal = isUserOfServer(told.userId, context.serverName);
      if (!isLocal) user.remote = { state, currentlyActive, untilMs: nowMs + remoteGraceMs };
      else if (state !== 'offline') user.devices.set('', { state, untilMs: nowMs + graceMs });
      this.users.set(told.userId, user);
    }
  }

  #userOf(userId: string, told: StoredPresence | undefined): PresentUser {
    const { clock } = this.#shard.context;
    const sinceActiveMs = told ? Math.max(0, clock.wallMs() - told.lastActiveMs) : 0;
    return {
      userId,
      devices: new Map(),
      statusMessage: told?.statusMessage,
      activeAtMs: clock.monotonicMs() - sinceActiveMs,
      activeAtWallMs: told?.lastActiveMs ?? clock.wallMs(),
      told,
      toldAtMs: clock.monotonicMs(),
    };
  }
}

export const presentUsers: ShardMemory<PresentUsers> = {
  name: 'present-users',
  create: (shard) => new PresentUsers(shard),
};
