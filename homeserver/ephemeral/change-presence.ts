import type { Command, Decision, OwnedShard } from '../platform/shard-log/command.ts';
import type { PresenceState } from '../storage/ephemeral/presence-states.ts';
import { putPresence } from '../storage/ephemeral/write-presence.ts';
import { isForgettable, isPresenceDue, isPresenceNews, type PresentUser, presenceOfUser } from './presence-of-user.ts';
import { type PresentUsers, presentUsers } from './present-users.ts';

interface ChangePresenceInput {
  readonly userId: string;
  readonly deviceId: string;
  /** What the device says of its user; absent: nothing, as after a message. */
  readonly presence?: PresenceState;
  /** How long that counts. */
  readonly keepMs: number;
  /** What it says counts as it is, without idleness. */
  readonly isSteady?: boolean;
  readonly isActive: boolean;
  /** Absent: stays. Null: none. */
  readonly statusMessage?: string | null;
}

interface ChangePresenceResult {
  /** The memory that watches over the user; see sweepPresenceCommand. */
  readonly memoryId: string;
}

/** Notes what a user's device does. Written and told only when others see a difference. */
export const changePresenceCommand: Command<ChangePresenceInput, ChangePresenceResult> = {
  name: 'change-presence',
  key: ({ userId }) => `presence ${userId}`,
  releases: 'decided',
  async decide(shard, input) {
    const memory = shard.remember(presentUsers);
    const user = await memory.get(input.userId);
    applyChange(shard, user, input);
    sweepInTurn(shard, memory);
    return tellPresenceChanges(shard, [user], { memoryId: memory.id });
  },
};

/** Makes sure that somebody looks for who went away. */
export function sweepInTurn(shard: OwnedShard, memory: PresentUsers): void {
  if (memory.isSwept) return;
  memory.isSwept = true;
  sweepLater(shard, memory.id);
}

function applyChange({ context }: OwnedShard, user: PresentUser, input: ChangePresenceInput): void {
  const nowMs = context.clock.monotonicMs();
  const { presence, deviceId, keepMs, isSteady = false, isActive, statusMessage } = input;
  const wasOffline = presenceOfUser(user, nowMs).state === 'offline';
  if (presence === 'offline') user.devices.clear();
  else if (presence) user.devices.set(deviceId, { state: presence, untilMs: nowMs + keepMs, isSteady });
  if (isActive || (wasOffline && presence === 'online')) {
    user.activeAtMs = nowMs;
    user.activeAtWallMs = context.clock.wallMs();
  }
  if (statusMessage !== undefined) user.statusMessage = statusMessage ?? undefined;
}

const sweepMs = 5_000;

/** Looks for users who went idle or away. Gives the id of the memory that it looked through. */
export const sweepPresenceCommand: Command<Record<string, never>, ChangePresenceResult> = {
  name: 'sweep-presence',
  key: () => 'presence sweep',
  releases: 'decided',
  async decide(shard) {
    const memory = shard.remember(presentUsers);
    await memory.loaded();
    const nowMs = shard.context.clock.monotonicMs();
    const users: PresentUser[] = [];
    for (const user of memory.users.values()) {
      for (const [deviceId, { untilMs }] of user.devices) if (untilMs <= nowMs) user.devices.delete(deviceId);
      const presence = presenceOfUser(user, nowMs);
      if (isPresenceNews(user.told, presence) || isPresenceDue(user, presence, nowMs)) users.push(user);
      else if (isForgettable(user, nowMs)) memory.users.delete(user.userId);
    }
    return tellPresenceChanges(shard, users, { memoryId: memory.id });
  },
};

/** Goes on for as long as the memory that began it is the one in use. */
function sweepLater(shard: Pick<OwnedShard, 'context' | 'id'>, memoryId: string): void {
  const { context, id } = shard;
  context.clock.startTimer(sweepMs, () => {
    context.shardLog.submit(sweepPresenceCommand, id, {}).then(
      (result) => {
        if (result.memoryId === memoryId) sweepLater(shard, memoryId);
      },
      (error: unknown) => {
        context.log.debug({ err: error }, 'who went away could not be told');
        if (context.shardLog.ownedShards().includes(id)) sweepLater(shard, memoryId);
      },
    );
  });
}

/** Appends the users' presence where it is news. No await between looking and appending. */
export function tellPresenceChanges<Result>(
  shard: OwnedShard,
  users: readonly PresentUser[],
  result: Result,
): Decision<Result> {
  const nowMs = shard.context.clock.monotonicMs();
  const news = users
    .map((user) => ({ user, presence: presenceOfUser(user, nowMs) }))
    .filter(({ user, presence }) => isPresenceNews(user.told, presence) || isPresenceDue(user, presence, nowMs));
  if (news.length === 0) return { result };
  const committed = shard.append(news.length, (first) => ({
    entries: news.map(({ presence: { userId, state, statusMessage, lastActiveMs, currentlyActive } }) => ({
      kind: 'presence',
      body: {
        userId,
        presence: state,
        lastActiveMs,
        currentlyActive,
        ...(statusMessage !== undefined && { statusMessage }),
      },
    })),
    writes: news.map(({ presence }, index) => putPresence(presence, shard.id, first + index)),
  }));
  for (const { user, presence } of news) {
    user.told = presence;
    user.toldAtMs = nowMs;
  }
  return { result, committed };
}
