import type { Log } from '@holdfast/effects/log.ts';
import { type IrcUserChannel, putIrcUserChannel, removeIrcUserChannels } from '../../storage/irc-user-channels.ts';
import type { BridgeSql } from '../../storage/open-bridge-database.ts';

/** Notes which Matrix users are on IRC, and where, so that they come back after a restart of the bridge. */
export class UsersOnIrc {
  readonly #sql: BridgeSql;
  readonly #log: Log;
  /** What is stored; as much as there are connections and their channels. */
  readonly #noted = new Set<string>();
  #last: Promise<void> = Promise.resolve();

  constructor(sql: BridgeSql, log: Log) {
    this.#sql = sql;
    this.#log = log;
  }

  /** A user has a connection, and is in the channel. What cannot be stored now is stored with the next word. */
  note(place: IrcUserChannel): void {
    const key = keyOf(place);
    if (this.#noted.has(key)) return;
    this.#noted.add(key);
    this.#inTurn(() => putIrcUserChannel(this.#sql, place)).catch((error: unknown) => {
      this.#noted.delete(key);
      this.#log.debug({ err: error }, 'who is on IRC could not be noted');
    });
  }

  /** A user left the channel; without one, the network. */
  async forget(network: string, userId: string, channel?: string): Promise<void> {
    const beginning = `${network} ${userId} `;
    for (const key of this.#noted) {
      if (channel === undefined ? key.startsWith(beginning) : key === beginning + channel) this.#noted.delete(key);
    }
    await this.#inTurn(() => removeIrcUserChannels(this.#sql, { network, userId, channel }));
  }

  /** Who comes and goes has gone, also where the database does the first of it late. */
  #inTurn(write: () => Promise<void>): Promise<void> {
    const writing = this.#last.then(write);
    this.#last = writing.catch(() => {});
    return writing;
  }
}

function keyOf({ network, userId, channel }: IrcUserChannel): string {
  return `${network} ${userId} ${channel}`;
}
