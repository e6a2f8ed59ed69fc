import type { MatrixClient } from '../../matrix/matrix-client.ts';
import { isRefusal } from '../../matrix/matrix-request-error.ts';
import { inviteUser, joinRoom, leaveRoom, registerUser, setDisplayName } from '../../matrix/send-and-set.ts';
import type { BridgeSql } from '../../storage/open-bridge-database.ts';
import {
  putPuppet,
  putPuppetRoom,
  readPuppet,
  readPuppetsInRoom,
  removePuppetRoom,
} from '../../storage/puppets-and-users.ts';
import { readPuppetLocalpart, toPuppetLocalpart } from '../names/puppet-name.ts';
import type { NewAccounts } from './new-accounts.ts';

export interface PuppetsOptions {
  readonly newAccounts: NewAccounts;
  readonly sql: BridgeSql;
  readonly matrix: MatrixClient;
  readonly serverName: string;
}

/** Somebody of IRC. */
export interface IrcPerson {
  readonly network: string;
  /** Folded by the network's case mapping. */
  readonly nick: string;
  /** As it is written. */
  readonly displayName: string;
  /** It is only there, and has said nothing. */
  readonly isSilent?: boolean;
}

const maxRemembered = 20_000;

/**
 * People of IRC as users of Matrix: made, named and joined when they are needed. What was done is remembered, in memory
 * and in tables, so that a message of somebody who is there costs nothing.
 */
export class Puppets {
  readonly #options: PuppetsOptions;
  /** Display names by user id, of those that are registered for certain. */
  readonly #names = new Map<string, string>();
  /** Users by room, of those that are joined for certain. */
  readonly #rooms = new Map<string, Map<string, string>>();
  readonly #joining = new Map<string, Promise<string>>();

  constructor(options: PuppetsOptions) {
    this.#options = options;
  }

  userIdOf(network: string, nick: string): string {
    return `@${toPuppetLocalpart(network, nick)}:${this.#options.serverName}`;
  }

  /** The network and nick of a user id; undefined when it is none of a puppet. */
  readUserId(userId: string): { network: string; nick: string } | undefined {
    const end = `:${this.#options.serverName}`;
    if (!userId.startsWith('@') || !userId.endsWith(end)) return undefined;
    return readPuppetLocalpart(userId.slice(1, -end.length));
  }

  /** The puppets in a room, by user id; the values are their nicks, folded. */
  async inRoom(roomId: string): Promise<ReadonlyMap<string, string>> {
    return await this.#loadRoom(roomId);
  }

  /** Whether somebody was registered before. */
  async isKnown(network: string, nick: string): Promise<boolean> {
    return (await readPuppet(this.#options.sql, network, nick)) !== undefined;
  }

  /** Registers somebody, with the name that it has now. Throws TooManyNewAccounts. */
  async ensureUser({ network, nick, displayName, isSilent = false }: IrcPerson): Promise<string> {
    const userId = this.userIdOf(network, nick);
    if (this.#names.get(userId) === displayName) return userId;
    const { sql, matrix } = this.#options;
    const known = await readPuppet(sql, network, nick);
    if (!known) await this.#register(network, nick, isSilent);
    if (known?.displayName !== displayName) {
      await setDisplayName(matrix, userId, displayName);
      await putPuppet(sql, { network, nick, userId, displayName });
    }
    if (this.#names.size >= maxRemembered) this.#names.clear();
    this.#names.set(userId, displayName);
    return userId;
  }

  async #register(network: string, nick: string, isSilent: boolean): Promise<void> {
    const { matrix, newAccounts } = this.#options;
    await newAccounts.take(network, nick, !isSilent);
    try {
      await registerUser(matrix, toPuppetLocalpart(network, nick));
    } catch (error) {
      if (isRefusal(error)) await newAccounts.giveBack(network, nick);
      throw error;
    }
  }

  /** Has somebody in a room; gives its user id. Throws MatrixRequestError, such as when it is banned there. */
  async ensureJoined(roomId: string, person: IrcPerson): Promise<string> {
    const userId = await this.ensureUser(person);
    const room = await this.#loadRoom(roomId);
    if (room.has(userId)) return userId;
    const key = `${roomId} ${userId}`;
    let joining = this.#joining.get(key);
    if (!joining) {
      joining = this.#join(roomId, userId, person.nick).finally(() => this.#joining.delete(key));
      this.#joining.set(key, joining);
    }
    return joining;
  }

  async #join(roomId: string, userId: string, nick: string): Promise<string> {
    const { matrix } = this.#options;
    try {
      await joinRoom(matrix, roomId, userId);
    } catch (error) {
      if (!isRefusal(error, 'M_FORBIDDEN')) throw error;
      await inviteUser(matrix, roomId, userId);
      await joinRoom(matrix, roomId, userId);
    }
    await this.noteJoined(roomId, userId, nick);
    return userId;
  }

  /** It is in the room, whoever saw to that. */
  async noteJoined(roomId: string, userId: string, nick: string): Promise<void> {
    await putPuppetRoom(this.#options.sql, roomId, userId);
    (await this.#loadRoom(roomId)).set(userId, nick);
  }

  async leave(roomId: string, userId: string, reason?: string): Promise<void> {
    if (!(await this.#loadRoom(roomId)).has(userId)) return;
    await leaveRoom(this.#options.matrix, roomId, userId, reason?.slice(0, 500));
    await this.noteLeft(roomId, userId);
  }

  /** It is not in the room any more, whoever saw to that. */
  async noteLeft(roomId: string, userId: string): Promise<void> {
    const room = await this.#loadRoom(roomId);
    if (!room.delete(userId)) return;
    await removePuppetRoom(this.#options.sql, roomId, userId);
  }

  forgetRoom(roomId: string): void {
    this.#rooms.delete(roomId);
  }

  async #loadRoom(roomId: string): Promise<Map<string, string>> {
    const known = this.#rooms.get(roomId);
    if (known) return known;
    const puppets = await readPuppetsInRoom(this.#options.sql, roomId);
    const loaded = this.#rooms.get(roomId) ?? new Map(puppets.map(({ userId, nick }) => [userId, nick]));
    this.#rooms.set(roomId, loaded);
    return loaded;
  }
}
