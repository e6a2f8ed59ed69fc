import type { Timer } from '@holdfast/effects/clock.ts';
import type { IrcEvent, IrcMessage } from '../irc/irc-event.ts';
import type { IrcNetwork } from '../irc/irc-network.ts';
import { IrcRefusal } from '../irc/irc-refusal.ts';
import type { MatrixEvent } from '../matrix/matrix-event.ts';
import { inviteUser } from '../matrix/send-and-set.ts';
import { type InboxEntry, keyOfInbox, readWaitingTargets, sourceOfKey, storeInbox } from '../storage/inbox.ts';
import { forgetMessages } from '../storage/messages.ts';
import { forgetTransactions, type OutboxEntry, readWaitingRooms, storeTransaction } from '../storage/outbox.ts';
import type { Portal } from '../storage/portals.ts';
import { toStoredJson } from '../storage/stored-json.ts';
import { batchEntries } from '../storage/stored-queues.ts';
import { type BridgeContext, networkOf, tellRoom } from './bridge-context.ts';
import { Canary } from './canary.ts';
import { PeopleOfNetworks } from './follow/people-of-network.ts';
import { PresenceOfPeople } from './follow/presence-of-people.ts';
import { bringUsersBack } from './people/bring-users-back.ts';
import { TooManyNewAccounts } from './people/new-accounts.ts';
import { processInboxEntry } from './process-inbox-entry.ts';
import { processOutboxEntry } from './process-outbox-entry.ts';
import { DrainQueue } from './queues/drain-queue.ts';
import { FailedAttempts } from './queues/failed-attempts.ts';
import { WriteTogether } from './queues/write-together.ts';
import { openChannelKey } from './rooms/channel-key.ts';
import { forgetLinkRequests } from './rooms/link-room.ts';
import { dropExcess } from './to-irc/drop-excess.ts';
import { InboxBound } from './to-matrix/inbox-bound.ts';

const transactionMemoryMs = 7 * 24 * 3_600_000;
const upkeepMs = 10_000;
const maxEventsAtOnce = 500;
const returnEveryMs = 120_000;
/** Of a channel or nick. */
const longestTarget = 300;

/** A message of IRC that is to be stored. */
type Arrival = Parameters<typeof storeInbox>[1][number];

/**
 * The two stored queues and what fills and empties them: transactions of the homeserver go through the outbox to IRC, what
 * is said on IRC through the inbox to the homeserver.
 */
export class Bridge {
  readonly context: BridgeContext;
  readonly outbox: DrainQueue<OutboxEntry>;
  readonly inbox: DrainQueue<InboxEntry>;
  readonly outboxFailures = new FailedAttempts();
  readonly inboxFailures = new FailedAttempts();
  readonly people: PeopleOfNetworks;
  readonly presence: PresenceOfPeople;
  readonly canaries: ReadonlyMap<string, Canary>;
  readonly #arrivals: WriteTogether<Arrival>;
  readonly #bound: InboxBound;
  /** Makes identities of what has none on IRC, different after each start. */
  readonly #epoch: string;
  #counter = 0;
  #upkeep: Timer | undefined;
  #isClosed = false;
  /** Networks to which those have come back who were there before the restart. */
  readonly #hasBroughtBack = new Set<string>();
  /** Rooms whose channel the bot could not enter, with when it was tried last. */
  readonly #lost = new Map<string, number>();

  constructor(context: BridgeContext) {
    this.context = context;
    this.#epoch = context.random.token(9);
    const { clock, random, log, metrics, sql, queues } = context;
    this.people = new PeopleOfNetworks(context);
    this.presence = new PresenceOfPeople(context);
    this.#bound = new InboxBound(context);
    context.portals.onNew = (portal) => this.#beginPortal(portal);
    const networks = [...context.networks.values()];
    const withCanary = networks.filter(({ config }) => config.canary);
    this.canaries = new Map(withCanary.map((network) => [network.config.id, new Canary(context, network)]));
    this.outbox = new DrainQueue({
      ...{ clock, random, batchEntries },
      read: (roomId) => queues.readOutbox(roomId),
      process: (_, entry) => processOutboxEntry(this, entry),
      onFailure(roomId, error, pauseMs) {
        metrics.retried.add({ direction: 'matrix_to_irc' });
        log.debug({ err: error, roomId, pauseMs }, 'a message waits for IRC');
      },
    });
    this.inbox = new DrainQueue({
      ...{ clock, random, batchEntries },
      read: (key) => queues.readInbox(sourceOfKey(key)),
      process: (_, entry) => processInboxEntry(this, entry),
      pauseOf: (error) => (error instanceof TooManyNewAccounts ? error.retryAfterMs : undefined),
      onFailure(key, error, pauseMs) {
        metrics.retried.add({ direction: 'irc_to_matrix' });
        log.debug({ err: error, key, pauseMs }, 'a message waits for the homeserver');
      },
    });
    this.#arrivals = new WriteTogether({
      clock,
      maxItems: 100_000,
      maxTogether: maxEventsAtOnce,
      write: async (entries) => {
        await storeInbox(sql, entries);
        for (const entry of entries) this.inbox.wake(keyOfInbox(entry));
      },
      onFailure: (error) => log.error({ err: error }, 'what comes from IRC cannot be stored; it is tried again'),
    });
  }

  /** Goes on with what was left by the last run. */
  async start(): Promise<void> {
    const { sql } = this.context;
    for (const roomId of await readWaitingRooms(sql)) this.outbox.wake(roomId);
    for (const source of await readWaitingTargets(sql)) this.inbox.wake(keyOfInbox(source));
    for (const canary of this.canaries.values()) canary.start();
    this.#scheduleUpkeep();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#upkeep?.cancel();
    for (const canary of this.canaries.values()) canary.close();
    this.people.close();
    this.presence.close();
    await this.#arrivals.close();
    await Promise.all([this.outbox.close(), this.inbox.close()]);
  }

  /** Stores a transaction; when it resolves, the homeserver may be told so. */
  async receiveTransaction(transactionId: string, events: readonly MatrixEvent[]): Promise<void> {
    const wanted = events
      .filter((event) => this.#concerns(event))
      .map((event) => ({ roomId: event.room_id, eventId: event.event_id, event: toStoredJson(event) }));
    // Where there is nothing to store, there is nothing that could be stored twice.
    if (wanted.length === 0 || !(await storeTransaction(this.context.sql, transactionId, wanted))) return;
    for (const { roomId } of wanted) this.outbox.wake(roomId);
  }

  /** What our own users do is known already, except that somebody put them out. */
  #concerns(event: MatrixEvent): boolean {
    const { botUserId, puppets } = this.context;
    const isOurs = event.sender === botUserId || puppets.readUserId(event.sender) !== undefined;
    if (!isOurs) return true;
    return event.type === 'm.room.tombstone';
  }

  /** A new room gets the people of its channel, and the rules that were set there before it was made. */
  #beginPortal(portal: Portal): void {
    if (portal.userId !== '' || portal.kind === 'canary') return;
    this.people.compare(portal);
    const { displayTarget: channel, network } = portal;
    this.#storeUnnamed(network, channel, { kind: 'mode', channel, by: '', changes: [] });
  }

  /** Takes what happens on a network, in its order. */
  receiveFromIrc(networkId: string, event: IrcEvent): void {
    const { irc } = networkOf(this.context, networkId);
    switch (event.kind) {
      case 'connected':
        void this.#rejoin(networkId).then(() => this.#bringBack(networkId));
        return;
      case 'disconnected':
        this.context.log.warn({ network: networkId, reason: event.reason }, 'the network is away');
        return;
      case 'members':
        return this.#withPortal(networkId, event.channel, (portal) => {
          this.people.compare(portal);
          void this.presence.noteRoom(portal).catch(() => {});
        });
      case 'quit':
        return this.#receiveQuit(networkId, event);
      case 'netsplit':
        for (const channel of new Set(event.people.flatMap(({ channels }) => channels))) {
          this.#withPortal(networkId, channel, (portal) => this.people.expectBack(portal));
        }
        return;
      case 'nick':
        return this.#receiveNick(networkId, event);
      case 'channel_lost':
        return this.#withPortal(networkId, event.channel, (portal) => {
          if (event.userId !== undefined) void this.#forgetOnIrc(networkId, event.userId, portal.target);
          else this.#lost.set(portal.roomId, this.context.clock.monotonicMs());
          void this.#tellLost(portal, event);
        });
      case 'user_disconnected':
        this.context.log.info({ ...event, network: networkId }, 'a connection of a Matrix user ended');
        return;
      case 'invite':
        if (event.toUser !== undefined) void this.#passInvitation(networkId, event.channel, event.toUser);
        return;
      case 'netjoin':
        return;
      case 'away':
        return this.presence.note(networkId, event.nick);
      case 'message':
        return this.#receiveMessage(networkId, event);
      default:
        if (event.kind === 'join' || event.kind === 'part') {
          if (this.#isOurs(irc, event.nick)) return;
          this.presence.note(networkId, event.nick);
        }
        return this.#withPortal(networkId, event.channel, () => this.#storeUnnamed(networkId, event.channel, event));
    }
  }

  #isOurs(irc: IrcNetwork, nick: string): boolean {
    return irc.isBot(nick) || irc.userOf(nick) !== undefined;
  }

  #receiveMessage(networkId: string, event: IrcMessage): void {
    const { irc } = networkOf(this.context, networkId);
    const isCanary = this.canaries.get(networkId)?.takeFromIrc(event) ?? false;
    const nick = irc.isBot(event.nick) ? '' : irc.fold(event.nick);
    const { unknownLines } = this.context;
    const channel = irc.fold(event.channel ?? '');
    if (event.channel && unknownLines.confirm({ network: networkId, channel, nick, text: event.text })) return;
    if (!isCanary && this.#isOurs(irc, event.nick)) return;
    const isBridged = event.channel === undefined || this.context.portals.ofTarget(networkId, irc.fold(event.channel));
    if (!isBridged && !event.text.startsWith('!link ')) return;
    this.#store(networkId, event.channel ?? event.nick, event.identity, event);
  }

  /** Also used for events that have no identity of their own; these are told again by the network after a crash. */
  #storeUnnamed(networkId: string, target: string, event: IrcEvent): void {
    this.#counter += 1;
    this.#store(networkId, target, `${this.#epoch}:${this.#counter}`, event);
  }

  #store(networkId: string, target: string, identity: string, event: IrcEvent): void {
    const source = { network: networkId, target: networkOf(this.context, networkId).irc.fold(target) };
    const dropped = (why: string) =>
      this.context.metrics.dropped.add({ network: networkId, direction: 'irc_to_matrix', why });
    // A server may say anything; what the database could not keep would hold up all networks.
    if (source.target.length > longestTarget) return dropped('too_long');
    const isAdmitted = event.kind !== 'message' || this.#bound.admits(source);
    if (!isAdmitted || !this.#arrivals.add({ ...source, identity, event: toStoredJson(event) })) dropped('too_many');
  }

  #withPortal(networkId: string, channel: string, act: (portal: Portal) => void): void {
    const { irc } = networkOf(this.context, networkId);
    const portal = this.context.portals.ofTarget(networkId, irc.fold(channel));
    if (portal) act(portal);
  }

  /** Somebody left the network: it leaves its rooms behind what it said there. */
  #receiveQuit(networkId: string, { nick, reason, channels }: Extract<IrcEvent, { kind: 'quit' }>): void {
    if (this.#isOurs(networkOf(this.context, networkId).irc, nick)) return;
    this.presence.note(networkId, nick);
    for (const channel of channels) {
      this.#withPortal(networkId, channel, () => {
        this.#storeUnnamed(networkId, channel, { kind: 'part', channel, nick, reason });
      });
    }
  }

  /** Under the new nick it is another user: the old one leaves, and the new one comes when it speaks, or at once. */
  #receiveNick(networkId: string, event: Extract<IrcEvent, { kind: 'nick' }>): void {
    const { irc } = networkOf(this.context, networkId);
    const { nick, newNick, channels } = event;
    if (this.#isOurs(irc, newNick) || this.#isOurs(irc, nick)) return;
    for (const each of [nick, newNick]) this.presence.note(networkId, each);
    // Written in another way, it is the same user, who is renamed when it speaks.
    const isSame = irc.fold(nick) === irc.fold(newNick);
    // In front of what is said in private under the new one.
    if (!isSame && this.context.portals.conversationsWith(networkId, irc.fold(nick)).length > 0) {
      this.#storeUnnamed(networkId, newNick, event);
    }
    for (const channel of channels) {
      this.#withPortal(networkId, channel, () => {
        this.#storeUnnamed(networkId, channel, { kind: 'join', channel, nick: newNick });
        if (isSame) return;
        this.#storeUnnamed(networkId, channel, { kind: 'part', channel, nick, reason: `is now ${newNick}` });
      });
    }
  }

  async #tellLost(
    portal: Portal,
    { userId, why, channel }: Extract<IrcEvent, { kind: 'channel_lost' }>,
  ): Promise<void> {
    const whom = userId === undefined ? 'The bridge' : userId;
    const words = `${whom} is not in ${channel} any more: ${why}`;
    await tellRoom(this.context, portal.roomId, `lost.${this.context.random.token(9)}`, words).catch(
      (error: unknown) => {
        this.context.log.warn({ err: error, channel }, 'a room could not be told that its channel is lost');
      },
    );
  }

  /** The bot is on the network again: it joins its channels, and what waited goes on. */
  async #rejoin(networkId: string): Promise<void> {
    const channels = this.context.portals.ofNetwork(networkId).filter(({ userId }) => userId === '');
    const joining = channels.map(async (portal) => {
      await this.#enter(portal);
      this.outbox.hurry((roomId) => roomId === portal.roomId);
    });
    await Promise.all(joining);
    this.outbox.hurry();
  }

  /** After a restart of the bridge, once. */
  async #bringBack(networkId: string): Promise<void> {
    if (this.#hasBroughtBack.has(networkId)) return;
    this.#hasBroughtBack.add(networkId);
    await bringUsersBack(this.context, networkId, () => this.#isClosed).catch((error: unknown) => {
      this.context.log.warn({ err: error, network: networkId }, 'it is not known who was on IRC before the restart');
    });
  }

  async #forgetOnIrc(networkId: string, userId: string, channel?: string): Promise<void> {
    await this.context.usersOnIrc.forget(networkId, userId, channel).catch(() => {});
  }

  async #enter(portal: Portal): Promise<void> {
    const { irc } = networkOf(this.context, portal.network);
    const { displayTarget: channel, roomId } = portal;
    try {
      await irc.join(undefined, channel, openChannelKey(this.context, portal));
      this.#lost.delete(roomId);
    } catch (error) {
      if (!(error instanceof IrcRefusal)) return;
      // Told once; it is tried again now and then.
      if (!this.#lost.has(roomId)) {
        void this.#tellLost(portal, { kind: 'channel_lost', channel, userId: undefined, why: error.message });
      }
      this.#lost.set(roomId, this.context.clock.monotonicMs());
    }
  }

  /** Channels that the bot could not return to may let it in again. */
  #returnToLost(): void {
    const nowMs = this.context.clock.monotonicMs();
    for (const [roomId, triedMs] of this.#lost) {
      const portal = this.context.portals.ofRoom(roomId);
      if (!portal) this.#lost.delete(roomId);
      else if (nowMs - triedMs > returnEveryMs && networkOf(this.context, portal.network).irc.isConnected) {
        this.#lost.set(roomId, nowMs);
        void this.#enter(portal);
      }
    }
  }

  /** Networks count connections: those that nobody uses end, and begin again with the next word. */
  #disconnectIdle(): void {
    for (const { config, irc } of this.context.networks.values()) {
      if (config.idleDisconnectMs === 0) continue;
      for (const userId of irc.idleUsers(config.idleDisconnectMs)) {
        if (userId === this.canaries.get(config.id)?.userId) continue;
        irc.disconnectUser(userId, 'idle');
        void this.#forgetOnIrc(config.id, userId);
      }
    }
  }

  /** A Matrix user was invited to a channel on IRC: it is invited to the channel’s room, where there is one. */
  async #passInvitation(networkId: string, channel: string, userId: string): Promise<void> {
    const { irc } = networkOf(this.context, networkId);
    const portal = this.context.portals.ofTarget(networkId, irc.fold(channel));
    if (portal?.kind !== 'alias') return;
    await inviteUser(this.context.matrix, portal.roomId, userId).catch((error: unknown) => {
      this.context.log.info({ err: error, channel }, 'an invitation of IRC could not be passed on');
    });
  }

  #scheduleUpkeep(): void {
    this.#upkeep = this.context.clock.startTimer(upkeepMs, () => {
      void this.#keepUp().finally(() => this.#scheduleUpkeep());
    });
  }

  async #keepUp(): Promise<void> {
    const { sql, config, log } = this.context;
    try {
      await dropExcess(this.context);
      await forgetLinkRequests(this.context);
      this.presence.repeat();
      await this.#bound.look();
      this.#disconnectIdle();
      this.#returnToLost();
      await forgetMessages(sql, config.limits.messageMemoryMs);
      await forgetTransactions(sql, transactionMemoryMs);
    } catch (error) {
      log.warn({ err: error }, 'the queues could not be looked after');
    }
  }
}
