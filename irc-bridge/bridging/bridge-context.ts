import { createHash } from 'node:crypto';
import type { Clock } from '@holdfast/effects/clock.ts';
import type { Log } from '@holdfast/effects/log.ts';
import type { Random } from '@holdfast/effects/random.ts';
import type { BridgeConfig, NetworkConfig } from '../configuration/bridge-config.ts';
import type { SecretBox } from '../configuration/secret-box.ts';
import type { IrcNetwork } from '../irc/irc-network.ts';
import type { MatrixClient } from '../matrix/matrix-client.ts';
import { isRefusal } from '../matrix/matrix-request-error.ts';
import { sendEvent } from '../matrix/send-and-set.ts';
import type { BridgeSql } from '../storage/open-bridge-database.ts';
import type { StoredQueues } from '../storage/stored-queues.ts';
import type { BridgeMetrics } from './bridge-metrics.ts';
import type { NewAccounts } from './people/new-accounts.ts';
import type { Puppets } from './people/puppets.ts';
import type { RoomMembers } from './people/room-members.ts';
import type { UsersOnIrc } from './people/users-on-irc.ts';
import type { PortalList } from './rooms/portal-list.ts';
import type { UnknownLines } from './to-irc/unknown-lines.ts';

/** A network with its configuration. */
export interface BridgedNetwork {
  readonly config: NetworkConfig;
  readonly irc: IrcNetwork;
}

/** What every part of bridging works with. */
export interface BridgeContext {
  readonly config: BridgeConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: BridgeMetrics;
  readonly secrets: SecretBox;
  readonly sql: BridgeSql;
  readonly queues: StoredQueues;
  readonly matrix: MatrixClient;
  readonly botUserId: string;
  readonly networks: ReadonlyMap<string, BridgedNetwork>;
  readonly portals: PortalList;
  readonly puppets: Puppets;
  readonly newAccounts: NewAccounts;
  readonly members: RoomMembers;
  readonly unknownLines: UnknownLines;
  readonly usersOnIrc: UsersOnIrc;
}

export function networkOf(context: BridgeContext, id: string): BridgedNetwork {
  const network = context.networks.get(id);
  if (!network) throw new Error(`there is no network ${id} any more`);
  return network;
}

/** Tells people in a room something, once for each `occasion`, where the room lets the bridge speak. */
export async function tellRoom(context: BridgeContext, roomId: string, occasion: string, body: string): Promise<void> {
  const content = { msgtype: 'm.notice', body, 'm.mentions': {} };
  const portal = context.portals.ofRoom(roomId);
  // The bot is not in a conversation of two.
  const as = portal?.kind === 'private' ? context.puppets.userIdOf(portal.network, portal.target) : undefined;
  const transactionId = `tell.${createHash('sha256').update(`${roomId} ${occasion}`).digest('base64url').slice(0, 32)}`;
  try {
    await sendEvent(context.matrix, roomId, 'm.room.message', transactionId, content, { as });
  } catch (error) {
    // What cannot be told must not hold up what comes after it.
    if (!isRefusal(error)) throw error;
    context.log.info({ err: error, roomId, body }, 'a room could not be told something');
  }
}
