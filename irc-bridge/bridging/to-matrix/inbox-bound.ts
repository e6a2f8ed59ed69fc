import { countWaiting, type InboxSource, keyOfInbox, sourceOfKey } from '../../storage/inbox.ts';
import { type BridgeContext, tellRoom } from '../bridge-context.ts';

/** All channels and nicks together may have so many times what one may have. */
const mostFull = 50;

/**
 * How much may wait for the homeserver: beyond the bound of a channel, or of all, what comes is not kept, and its room is
 * told how much that was when there is room again. Looked at every ten seconds, so the bound may be passed for so long.
 */
export class InboxBound {
  readonly #context: BridgeContext;
  #full: ReadonlySet<string> = new Set();
  #isFullForAll = false;
  /** By channel, of those that have a room: what was not kept. */
  readonly #refused = new Map<string, number>();

  constructor(context: BridgeContext) {
    this.#context = context;
  }

  /** Whether something that comes may be stored; what may not is counted for its room, where it has one. */
  admits(source: InboxSource): boolean {
    const key = keyOfInbox(source);
    if (!this.#isFullForAll && !this.#full.has(key)) return true;
    // There are no more rooms than that, but nicks without end.
    if (this.#context.portals.ofTarget(source.network, source.target))
      this.#refused.set(key, (this.#refused.get(key) ?? 0) + 1);
    return false;
  }

  /** Channels whose rooms are to be told of what was not kept. */
  get untold(): number {
    return this.#refused.size;
  }

  /** Looks how much waits, and tells the rooms of what was not kept. */
  async look(): Promise<void> {
    const most = this.#context.config.limits.waitingFromIrc;
    const counts = await countWaiting(this.#context.sql);
    const total = counts.reduce((sum, { count }) => sum + count, 0);
    this.#isFullForAll = total >= mostFull * most;
    this.#full = new Set(counts.filter(({ count }) => count >= most).map(keyOfInbox));
    if (this.#isFullForAll) return;
    for (const [key, count] of this.#refused) {
      if (this.#full.has(key)) continue;
      this.#refused.delete(key);
      const { network, target } = sourceOfKey(key);
      const portal = this.#context.portals.ofTarget(network, target);
      if (!portal) continue;
      const words = `${count} messages of ${portal.displayTarget} did not get here: too many waited for the homeserver.`;
      await tellRoom(this.#context, portal.roomId, `refused.${this.#context.random.token(9)}`, words);
    }
  }
}
