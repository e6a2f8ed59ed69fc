import type { Clock } from '@holdfast/effects/clock.ts';
import type { Log } from '@holdfast/effects/log.ts';
import type { Metrics } from '@holdfast/effects/metrics.ts';
import type { Random } from '@holdfast/effects/random.ts';
import { Bridge } from '../bridging/bridge.ts';
import type { BridgeContext } from '../bridging/bridge-context.ts';
import { createBridgeMetrics } from '../bridging/bridge-metrics.ts';
import { NewAccounts } from '../bridging/people/new-accounts.ts';
import { Puppets } from '../bridging/people/puppets.ts';
import { RoomMembers } from '../bridging/people/room-members.ts';
import { UsersOnIrc } from '../bridging/people/users-on-irc.ts';
import { PortalList } from '../bridging/rooms/portal-list.ts';
import { UnknownLines } from '../bridging/to-irc/unknown-lines.ts';
import type { BridgeConfig, NetworkConfig } from '../configuration/bridge-config.ts';
import { openRegistration } from '../configuration/registration.ts';
import { openSecretBox } from '../configuration/secret-box.ts';
import type { IrcEvent } from '../irc/irc-event.ts';
import type { IrcNetwork, ReceiveIrcEvent } from '../irc/irc-network.ts';
import { startBridgeServer } from '../matrix/bridge-server.ts';
import { MatrixClient } from '../matrix/matrix-client.ts';
import { makeReadMedia } from '../matrix/read-media.ts';
import { pingBridge, registerUser, setDisplayName } from '../matrix/send-and-set.ts';
import { openRequest, sendRequest } from '../platform/send-request.ts';
import { readNewestMessages } from '../storage/messages.ts';
import { migrateBridgeDatabase } from '../storage/migrate-bridge-database.ts';
import { openBridgeDatabase } from '../storage/open-bridge-database.ts';
import { StoredQueues } from '../storage/stored-queues.ts';
import { answerHomeserver } from './answer-homeserver.ts';
import { takeBridgeLock } from './take-bridge-lock.ts';

/** Connects to a network when it is started; what happens on it goes to `receive`. */
export type OpenNetwork = (config: NetworkConfig, receive: ReceiveIrcEvent) => IrcNetwork;

export interface BridgeOptions {
  readonly config: BridgeConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly openNetwork: OpenNetwork;
}

export interface StartedBridge {
  readonly bridge: Bridge;
  readonly port: number;
  /** Resolves when the bridge must not go on: another process has taken its place. */
  readonly lost: Promise<void>;
  stop(): Promise<void>;
}

/** How often the homeserver is asked whether it reaches the bridge, until it does. */
const pingPauseMs = 2_000;
const finishMs = 3_000;

/**
 * Starts the bridge: one process at a time for a database, so it waits while another one runs. What was left in the queues
 * goes on first; a homeserver that is not there yet is waited for.
 */
export async function startBridge(options: BridgeOptions): Promise<StartedBridge> {
  const { config, clock, random, log, metrics } = options;
  const closers: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const close of closers.splice(0).toReversed()) await close();
  };
  try {
    const { serverName, url } = config.homeserver;
    const registration = openRegistration(config.registration, serverName, config.http.url, random);
    const secrets = openSecretBox(config.keyFile, random);
    await migrateBridgeDatabase(config.databaseUrl);
    const lock = await takeBridgeLock(config.databaseUrl, clock, log);
    closers.push(lock.release);
    const sql = openBridgeDatabase(config.databaseUrl, undefined, clock);
    closers.push(() => sql.end({ timeout: 5 }));
    const { asToken } = registration;
    const { concurrentRequests } = config.limits;
    const matrix = new MatrixClient({ url, asToken, concurrentRequests, clock, random, send: sendRequest });
    const portals = new PortalList(sql);
    await portals.load();
    const botUserId = `@${registration.senderLocalpart}:${serverName}`;
    const newAccounts = new NewAccounts(sql, clock, config.networks);
    const context: BridgeContext = {
      ...{ config, clock, random, log, secrets, sql, matrix, portals, botUserId },
      queues: new StoredQueues(sql),
      metrics: createBridgeMetrics(metrics),
      networks: new Map(),
      ...{ newAccounts, puppets: new Puppets({ newAccounts, sql, matrix, serverName }) },
      ...{ members: new RoomMembers(matrix), unknownLines: new UnknownLines(), usersOnIrc: new UsersOnIrc(sql, log) },
    };
    const networks = context.networks as Map<string, { config: NetworkConfig; irc: IrcNetwork }>;
    let receive: (network: string, event: IrcEvent) => void = () => {};
    for (const network of config.networks) {
      const irc = options.openNetwork(network, (event) => receive(network.id, event));
      networks.set(network.id, { config: network, irc });
    }
    const bridge = new Bridge(context);
    receive = (network, event) => bridge.receiveFromIrc(network, event);
    matrix.onBack = () => {
      bridge.inbox.hurry();
      bridge.outbox.hurry();
    };
    const answers = answerHomeserver(bridge, makeReadMedia({ url, asToken, clock, open: openRequest }), metrics);
    const { bind, port } = config.http;
    const { hsToken } = registration;
    const server = await startBridgeServer({ bind, port, hsToken, statusToken: config.statusToken, log }, answers);
    closers.push(() => server.close());
    const waiting = new AbortController();
    closers.push(async () => waiting.abort());
    void greetHomeserver(context, registration.senderLocalpart, registration.id, waiting.signal);
    closers.push(async () => {
      // What is under way may end; a homeserver that hangs is not waited for.
      const timer = clock.startTimer(finishMs, () => matrix.close());
      await bridge.close();
      timer.cancel();
      matrix.close();
    });
    await noteTaken(context);
    for (const { irc } of networks.values()) {
      closers.push(() => irc.close('the bridge stops'));
      irc.start();
    }
    await bridge.start();
    log.info({ port: server.port, networks: [...networks.keys()] }, 'the IRC bridge works');
    return { bridge, port: server.port, lost: lock.lost, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The clocks of the database and of a network may differ by so much. Messages that come again are known by their ids. */
const clockToleranceMs = 60_000;

/** What was said while no bridge ran comes from the history of networks that keep one. */
async function noteTaken({ sql, networks, portals, log }: BridgeContext): Promise<void> {
  try {
    for (const { network, target, storedAtMs } of await readNewestMessages(sql)) {
      if (portals.ofTarget(network, target))
        networks.get(network)?.irc.noteTaken(target, storedAtMs - clockToleranceMs);
    }
  } catch (error) {
    log.warn({ err: error }, 'what was said while no bridge ran will not be asked for');
  }
}

/** Makes the bot's account and has the homeserver try to reach the bridge, until both have succeeded. */
async function greetHomeserver(
  { matrix, random, clock, log, botUserId }: BridgeContext,
  senderLocalpart: string,
  registrationId: string,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      await registerUser(matrix, senderLocalpart);
      await setDisplayName(matrix, botUserId, 'IRC');
      const durationMs = await pingBridge(matrix, registrationId, random.token(9));
      log.info({ durationMs }, 'the homeserver reaches the bridge');
      return;
    } catch (error) {
      // A registration that was written just now is not known yet at the first attempt.
      if (attempt === 2)
        log.warn({ err: error }, 'the homeserver and the bridge do not reach each other yet; trying on');
      await clock.sleep(pingPauseMs, signal);
    }
  }
}
