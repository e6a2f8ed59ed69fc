import type { Metrics } from '@holdfast/effects/metrics.ts';
import { parseUserId } from '@holdfast/protocol/identifiers/user-id.ts';
import type { FastifyReply } from 'fastify';
import type { Bridge } from '../bridging/bridge.ts';
import { readStatus } from '../bridging/describe-status.ts';
import { isChannelName, readPortalAlias, toAliasLocalpart } from '../bridging/names/portal-alias.ts';
import { TooManyNewAccounts } from '../bridging/people/new-accounts.ts';
import { LinkRefusal, linkRoom, maySetState } from '../bridging/rooms/link-room.ts';
import { makePortal, removePortal } from '../bridging/rooms/make-portal.ts';
import { IrcRefusal } from '../irc/irc-refusal.ts';
import {
  type BridgeAnswers,
  type MediaRequest,
  ProvisioningError,
  type ThirdPartyQuery,
} from '../matrix/bridge-server.ts';
import { checkMediaLink } from '../matrix/media-links.ts';
import type { ReadMedia } from '../matrix/read-media.ts';

/** What the bridge's listener answers. */
export function answerHomeserver(bridge: Bridge, readMedia: ReadMedia, metrics: Metrics): BridgeAnswers {
  const { context } = bridge;
  return {
    receiveTransaction: (id, events) => bridge.receiveTransaction(id, events),
    hasUser: (userId) => findPerson(bridge, userId),
    hasAlias: (alias) => findRoom(bridge, alias),
    describeProtocol: () => describeProtocol(bridge),
    findLocations: (query) => findLocations(bridge, query),
    findUsers: (query) => findUsers(bridge, query),
    readStatus: () => readStatus(bridge),
    isReady: async () => {
      try {
        await context.sql`SELECT 1`;
        return true;
      } catch {
        return false;
      }
    },
    async exposeMetrics() {
      await readStatus(bridge);
      return metrics.expose();
    },
    sendMedia: (request, reply) => sendMedia(bridge, readMedia, request, reply),
    provision: (action, body) => provision(bridge, action, body),
    listLinks: () => listLinks(bridge),
  };
}

/** Anybody may ask for anybody: only whom the network knows becomes a user, or there would be accounts without end. */
async function findPerson({ context }: Bridge, userId: string): Promise<boolean> {
  const named = context.puppets.readUserId(userId);
  const network = named && context.networks.get(named.network);
  if (!named || !network) return false;
  if (await context.puppets.isKnown(named.network, named.nick)) return true;
  if (!network.irc.isConnected) return false;
  try {
    await network.irc.whois(named.nick);
  } catch {
    return false;
  }
  try {
    await context.puppets.ensureUser({ ...named, displayName: named.nick });
    return true;
  } catch (error) {
    if (error instanceof TooManyNewAccounts) return false;
    throw error;
  }
}

/** Makes the room of a channel when its alias is asked for, where the network lets anybody do so. */
async function findRoom({ context }: Bridge, alias: string): Promise<boolean> {
  const named = readPortalAlias(alias, context.config.homeserver.serverName);
  const network = named && context.networks.get(named.network);
  if (!named || !network) return false;
  if (context.portals.ofTarget(named.network, network.irc.fold(named.channel))?.kind === 'alias') return true;
  if (!network.config.aliases || network.irc.fold(named.channel) !== named.channel) return false;
  try {
    return (await makePortal(context, named.network, named.channel)).kind === 'alias';
  } catch (error) {
    if (error instanceof IrcRefusal) return false;
    throw error;
  }
}

async function sendMedia(
  { context }: Bridge,
  readMedia: ReadMedia,
  request: MediaRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const verdict = checkMediaLink(context, request, request.proof);
  if (verdict === 'valid') return readMedia(request, reply);
  const words = verdict === 'expired' ? 'This link has expired.' : 'This link is none of ours.';
  return reply
    .code(verdict === 'expired' ? 410 : 404)
    .type('text/plain')
    .send(words);
}

/** https://spec.matrix.org/v1.19/application-service-api/#third-party-networks */
function describeProtocol({ context }: Bridge): object {
  const field = (regexp: string, placeholder: string) => ({ regexp, placeholder });
  return {
    user_fields: ['network', 'nickname'],
    location_fields: ['network', 'channel'],
    icon: '',
    field_types: {
      network: field('[a-z0-9.-]+', 'libera'),
      nickname: field('[^\\s]+', 'alice'),
      channel: field('[#&+!][^\\s,]+', '#matrix'),
    },
    instances: [...context.networks.values()].map(({ config }) => ({
      network_id: config.id,
      desc: config.name,
      fields: { network: config.id },
    })),
  };
}

function findLocations({ context }: Bridge, { network, channel, alias }: ThirdPartyQuery): object[] {
  const { serverName } = context.config.homeserver;
  const named = alias === undefined ? { network, channel } : readPortalAlias(alias, serverName);
  if (named?.network === undefined || named.channel === undefined || !isChannelName(named.channel)) return [];
  const side = context.networks.get(named.network);
  if (!side) return [];
  const target = side.irc.fold(named.channel);
  return [
    {
      alias: `#${toAliasLocalpart(named.network, target)}:${serverName}`,
      protocol: 'irc',
      fields: { network: named.network, channel: named.channel },
    },
  ];
}

function findUsers({ context }: Bridge, { network, nickname, userId }: ThirdPartyQuery): object[] {
  const named = userId === undefined ? { network, nick: nickname } : context.puppets.readUserId(userId);
  if (named?.network === undefined || named.nick === undefined) return [];
  const side = context.networks.get(named.network);
  if (!side) return [];
  const fields = { network: named.network, nickname: named.nick };
  return [{ userid: context.puppets.userIdOf(named.network, side.irc.fold(named.nick)), protocol: 'irc', fields }];
}

function listLinks({ context }: Bridge): object {
  const channels = context.portals.all().filter(({ kind }) => kind === 'alias' || kind === 'linked');
  return {
    links: channels.map(({ roomId, network, displayTarget, kind }) => ({
      ...{ room_id: roomId, network, channel: displayTarget, made_by_bridge: kind === 'alias' },
    })),
  };
}

/** Links or unlinks a room for a service that knows who asks; the rules are those of the commands. */
async function provision(
  { context }: Bridge,
  action: 'link' | 'unlink',
  body: Readonly<Record<string, unknown>>,
): Promise<object> {
  const read = (key: string): string => {
    const value = body[key];
    if (typeof value === 'string' && value !== '' && value.length <= 255) return value;
    throw new ProvisioningError(400, 'M_BAD_JSON', `\`${key}\` is missing`);
  };
  const [roomId, userId] = [read('room_id'), read('user_id')];
  if (!parseUserId(userId)) throw new ProvisioningError(400, 'M_INVALID_PARAM', '`user_id` is no user id');
  try {
    if (action === 'unlink') {
      const portal = context.portals.ofRoom(roomId);
      if (!portal) throw new ProvisioningError(404, 'M_NOT_FOUND', 'The room is joined to no channel');
      if (!(await maySetState(context, roomId, userId))) throw new LinkRefusal('The user may not change the room.');
      await removePortal(context, portal);
      return { linked: false, message: 'The room is joined to no channel any more.' };
    }
    const [network, channel] = [read('network'), read('channel')];
    if (!context.networks.has(network)) throw new ProvisioningError(404, 'M_NOT_FOUND', 'There is no such network');
    if (!isChannelName(channel)) throw new ProvisioningError(400, 'M_INVALID_PARAM', '`channel` is no channel');
    const key = body['key'] === undefined ? undefined : read('key');
    const { isLinked, words } = await linkRoom(context, { roomId, userId, network, channel, key });
    return { linked: isLinked, message: words };
  } catch (error) {
    if (error instanceof LinkRefusal || error instanceof IrcRefusal) {
      throw new ProvisioningError(403, 'M_FORBIDDEN', error.message);
    }
    throw error;
  }
}
