import { IrcConnectionLost, IrcRefusal } from '../irc/irc-refusal.ts';
import { type MatrixEvent, textOf } from '../matrix/matrix-event.ts';
import { MatrixRequestError } from '../matrix/matrix-request-error.ts';
import type { OutboxEntry } from '../storage/outbox.ts';
import type { Portal } from '../storage/portals.ts';
import { type BridgeContext, networkOf, tellRoom } from './bridge-context.ts';
import type { BridgeParts } from './bridge-parts.ts';
import { parseCommand } from './commands/parse-command.ts';
import { runCommand } from './commands/run-command.ts';
import { describeStatus } from './describe-status.ts';
import { followRoom } from './follow/follow-room.ts';
import type { FailedAttempts } from './queues/failed-attempts.ts';
import { acceptBotInvitation, acceptPuppetInvitation } from './rooms/accept-invitation.ts';
import { sayOnIrc } from './to-irc/say-on-irc.ts';

const spokenTypes = new Set(['m.room.message', 'm.sticker', 'm.reaction', 'm.room.redaction']);

/**
 * Does what an event of Matrix asks for and takes it out of the outbox. What would fail for ever is given up, and its sender
 * told. Throws when it is to be tried again.
 */
export async function processOutboxEntry(
  bridge: BridgeParts & { readonly outboxFailures: FailedAttempts },
  entry: OutboxEntry,
): Promise<void> {
  const { context, outboxFailures } = bridge;
  const { position, roomId } = entry;
  const event = JSON.parse(entry.event) as MatrixEvent;
  const message = await doOrSay(bridge, entry, event).catch(async (error: unknown) => {
    const network = context.networks.get(context.portals.ofRoom(roomId)?.network ?? '');
    if (!outboxFailures.isHopeless(roomId, position, error, network?.irc.isConnected ?? true)) throw error;
    await tellGivenUp(context, event, error as Error);
    return undefined;
  });
  await context.queues.noteProgress({ position, sentLines: 'all', message });
  outboxFailures.forget(roomId);
}

async function doOrSay(bridge: BridgeParts, entry: OutboxEntry, event: MatrixEvent) {
  const portal = await followOrFind(bridge, entry, event);
  return portal && sayOnIrc(bridge.context, portal, entry, event);
}

/** Who said something is told why it does not get there; of the rest nobody waits for an answer. */
async function tellGivenUp(context: BridgeContext, event: MatrixEvent, error: Error): Promise<void> {
  const portal = context.portals.ofRoom(event.room_id);
  const network = context.networks.get(portal?.network ?? '');
  const why = error instanceof IrcRefusal ? 'refused' : 'failed';
  context.metrics.dropped.add({ network: network?.config.id ?? '', direction: 'matrix_to_irc', why });
  context.log.warn({ err: error, roomId: event.room_id, type: event.type }, 'an event of Matrix is given up');
  if (!spokenTypes.has(event.type)) return;
  const where = portal && network ? ` to ${portal.displayTarget} on ${network.config.name}` : '';
  await tellRoom(context, event.room_id, `refused.${event.event_id}`, `Not delivered${where}: ${toReason(error)}`);
}

function toReason(error: Error): string {
  if (error instanceof IrcConnectionLost) return `the server ends the connection when it is said (${error.message})`;
  if (error instanceof MatrixRequestError) return `the homeserver does not allow it (${error.message})`;
  return error instanceof IrcRefusal ? error.message : 'the bridge failed at it, and has written down why';
}

/** Where the event is to be said. Undefined: nowhere; what it asks for instead is done. */
async function followOrFind(bridge: BridgeParts, entry: OutboxEntry, event: MatrixEvent): Promise<Portal | undefined> {
  const { context } = bridge;
  if (event.type === 'm.room.member') {
    await context.members.follow(event);
    if (event.content['membership'] === 'invite') {
      await acceptInvitation(context, event);
      return undefined;
    }
  }
  const portal = context.portals.ofRoom(event.room_id);
  const isSpoken = spokenTypes.has(event.type);
  // In private only the two talk: what others say there would come from nowhere.
  if (portal && portal.userId !== '' && portal.userId !== event.sender && isSpoken) return undefined;
  if (await runIfCommand(bridge, event, portal === undefined)) return undefined;
  if (!portal || !context.networks.has(portal.network)) return undefined;
  if (event.type === 'm.room.encrypted') await tellUnreadable(context, portal, event.sender);
  else if (!isSpoken) await followRoom(context, portal, event);
  else if (portal.kind !== 'canary' || isCanaryToSay(bridge, portal, entry, event)) return portal;
  return undefined;
}

/** Old ones have missed their purpose. */
function isCanaryToSay(bridge: BridgeParts, { network }: Portal, entry: OutboxEntry, event: MatrixEvent): boolean {
  const { canary } = networkOf(bridge.context, network).config;
  const isMeant = bridge.canaries.get(network)?.isFromMatrix(event) ?? false;
  return isMeant && entry.ageMs <= (canary?.intervalMs ?? 0);
}

/** Everybody is told once. */
async function tellUnreadable(context: BridgeContext, portal: Portal, sender: string): Promise<void> {
  const words = `${sender}: what is said encrypted in this room cannot be read on IRC, and does not get to ${portal.displayTarget}.`;
  await tellRoom(context, portal.roomId, `unreadable.${sender}`, words);
}

async function acceptInvitation(context: BridgeContext, event: MatrixEvent): Promise<void> {
  if (event.state_key === context.botUserId) return acceptBotInvitation(context, event);
  const puppet = context.puppets.readUserId(event.state_key ?? '');
  if (puppet) await acceptPuppetInvitation(context, event, puppet);
}

/** True when the event was a command, which then is answered. */
async function runIfCommand(bridge: BridgeParts, event: MatrixEvent, mayBeAlone: boolean): Promise<boolean> {
  const { context } = bridge;
  const body = textOf(event.content, 'body');
  if (event.type !== 'm.room.message' || event.content['msgtype'] !== 'm.text' || body === undefined) return false;
  if (!body.startsWith('!')) return false;
  const members = mayBeAlone ? await context.members.ofRoom(event.room_id).catch(() => undefined) : undefined;
  const isAlone = members !== undefined && members.size <= 2 && members.has(context.botUserId);
  const networks = [...context.networks.keys()];
  const command = parseCommand(body, networks, isAlone);
  if (!command) return false;
  const answer = await runCommand(context, command, { event, isAlone, describe: () => describeStatus(bridge) });
  await tellRoom(context, event.room_id, `answer.${event.event_id}`, answer);
  return true;
}
