import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject, JsonValue } from '@holdfast/protocol/events/pdu.ts';
import { isJsonObject } from '@holdfast/protocol/json/parse-json.ts';
import type { Context } from '../platform/context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import { isUserOfServer } from '../rooms/server-of-user.ts';
import { sharesRoomWithUs } from '../rooms/servers-of-user.ts';
import type { PresenceState } from '../storage/ephemeral/presence-states.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';
import { sweepInTurn, tellPresenceChanges } from './change-presence.ts';
import type { PresentUser } from './presence-of-user.ts';
import { presentUsers } from './present-users.ts';

interface RemotePresence {
  readonly userId: string;
  readonly state: PresenceState;
  readonly statusMessage: string | undefined;
  readonly lastActiveAgoMs: number;
  readonly currentlyActive: boolean;
}

interface ReceivePresenceInput {
  readonly presences: readonly RemotePresence[];
}

const maxUpdates = 500;
const maxStatusLength = 1_000;
/** A server that says nothing more of a user for so long is taken to have gone away with it. */
const keepMs = 30 * 60_000;
const longestAgoMs = 366 * 24 * 60 * 60_000;

/** Notes what another server says of its users. Written and told only when it is news. */
export const receivePresenceCommand: Command<ReceivePresenceInput, null> = {
  name: 'receive-presence',
  key: () => 'remote presence',
  releases: 'decided',
  async decide(shard, { presences }) {
    const memory = shard.remember(presentUsers);
    const users: PresentUser[] = [];
    for (const presence of presences) {
      const user = await memory.getRemote(presence.userId);
      if (user) users.push(applyRemote(shard.context, user, presence));
    }
    sweepInTurn(shard, memory);
    return tellPresenceChanges(shard, users, null);
  },
};

function applyRemote({ clock }: Context, user: PresentUser, presence: RemotePresence): PresentUser {
  const { state, statusMessage, lastActiveAgoMs, currentlyActive } = presence;
  user.remote = { state, currentlyActive, untilMs: clock.monotonicMs() + keepMs };
  user.statusMessage = statusMessage;
  user.activeAtMs = clock.monotonicMs() - lastActiveAgoMs;
  user.activeAtWallMs = clock.wallMs() - lastActiveAgoMs;
  return user;
}

/**
 * Takes an m.presence EDU in. Updates of users of other servers, of users who share no room with this server, and those
 * that are not as they should be are passed over. Throws M_INVALID_PARAM.
 * https://spec.matrix.org/v1.19/server-server-api/#presence
 */
export async function receivePresence(context: Context, origin: string, content: JsonObject): Promise<void> {
  if (!context.config.presence.enabled) return;
  const { push } = content;
  if (!Array.isArray(push)) throw new MatrixError('M_INVALID_PARAM', 'm.presence needs push');
  if (push.length > maxUpdates) throw new MatrixError('M_INVALID_PARAM', 'm.presence holds too many updates');
  const byShard = new Map<number, RemotePresence[]>();
  for (const update of push) {
    const presence = parseUpdate(origin, update);
    if (!presence || !(await sharesRoomWithUs(context, presence.userId))) continue;
    const shard = shardOfUser(context, presence.userId);
    byShard.set(shard, [...(byShard.get(shard) ?? []), presence]);
  }
  await Promise.all(
    [...byShard].map(([shard, presences]) => context.shardLog.submit(receivePresenceCommand, shard, { presences })),
  );
}

/** Who is busy is there and does not want to be disturbed: clients of this server know no better word for it. */
const states: ReadonlyMap<JsonValue | undefined, PresenceState> = new Map([
  ['online', 'online'],
  ['unavailable', 'unavailable'],
  ['offline', 'offline'],
  ['busy', 'unavailable'],
  ['org.matrix.msc3026.busy', 'unavailable'],
]);

function parseUpdate(origin: string, update: JsonValue | undefined): RemotePresence | undefined {
  if (!isJsonObject(update)) return undefined;
  const { user_id: userId, status_msg: status, last_active_ago: ago, currently_active: active } = update;
  const state = states.get(update['presence']);
  if (typeof userId !== 'string' || !isUserOfServer(userId, origin) || !state) return undefined;
  const isText = typeof status === 'string' && !status.includes('\0') && status.length <= maxStatusLength;
  return {
    userId,
    state,
    statusMessage: isText && status !== '' ? status : undefined,
    lastActiveAgoMs: typeof ago === 'number' && ago > 0 ? Math.min(Math.floor(ago), longestAgoMs) : 0,
    currentlyActive: active === true && state === 'online',
  };
}
