import { BoundedCache } from '../platform/bounded-cache.ts';
import type { Context } from '../platform/context.ts';
import { readPresenceOf, type StoredPresence } from '../storage/ephemeral/read-presence.ts';

/** Users of whom the tables are asked at once. */
const mostAsked = 500;

/**
 * What is known of users' presence in this process: what the log has told, and what the tables say of those of whom it
 * has told nothing since the process began to follow it.
 */
export class KnownPresences {
  readonly #context: Context;
  /** `undefined` inside: the tables know nobody who is not offline. */
  readonly #known: BoundedCache<string, { readonly presence: StoredPresence | undefined }>;
  readonly #asked = new Map<string, Promise<void>>();

  constructor(context: Context, limit: number) {
    this.#context = context;
    this.#known = new BoundedCache(limit);
  }

  follow(presence: StoredPresence): void {
    this.#known.set(presence.userId, { presence });
  }

  /** Those of the users who are not offline. At most one query, and none for whom it was asked before. */
  async of(userIds: readonly string[]): Promise<StoredPresence[]> {
    const unknown = userIds.filter((userId) => !this.#known.get(userId)).slice(0, mostAsked);
    if (unknown.length > 0) await this.#learn(unknown);
    return userIds.flatMap((userId) => {
      const presence = this.#known.get(userId)?.presence;
      return presence && presence.state !== 'offline' ? [presence] : [];
    });
  }

  async #learn(userIds: readonly string[]): Promise<void> {
    const fresh = userIds.filter((userId) => !this.#asked.has(userId));
    if (fresh.length > 0) {
      const answer = this.#read(fresh).finally(() => {
        for (const userId of fresh) this.#asked.delete(userId);
      });
      for (const userId of fresh) this.#asked.set(userId, answer);
    }
    await Promise.all(userIds.map((userId) => this.#asked.get(userId) ?? Promise.resolve()));
  }

  async #read(userIds: readonly string[]): Promise<void> {
    const found = new Map<string, StoredPresence>();
    for (const presence of await readPresenceOf(this.#context, userIds, userIds.length)) {
      found.set(presence.userId, presence);
    }
    // What the log told meanwhile is newer.
    for (const userId of userIds) {
      if (!this.#known.get(userId)) this.#known.set(userId, { presence: found.get(userId) });
    }
  }
}
