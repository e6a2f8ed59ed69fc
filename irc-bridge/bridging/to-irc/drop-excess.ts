import type { MatrixEvent } from '../../matrix/matrix-event.ts';
import { type OutboxEntry, readExcess, removeFromOutbox } from '../../storage/outbox.ts';
import { type BridgeContext, tellRoom } from '../bridge-context.ts';

const atOnce = 500;
/** In one call: more than can come until the next one. */
const mostRounds = 40;

/**
 * Gives up what has waited for IRC too long, or is too much. The senders are told, in a notice a room, before anything
 * is forgotten: after a crash in between they are told again, or of fewer.
 */
export async function dropExcess(context: BridgeContext): Promise<void> {
  for (let round = 0; round < mostRounds; round++) {
    const excess = await readExcess(context.sql, context.config.limits, atOnce);
    for (const [roomId, entries] of Map.groupBy(excess, (entry) => entry.roomId)) {
      await tellDropped(context, roomId, entries);
      await removeFromOutbox(
        context.sql,
        entries.map(({ position }) => position),
      );
    }
    if (excess.length < atOnce) return;
  }
}

async function tellDropped(context: BridgeContext, roomId: string, entries: readonly OutboxEntry[]): Promise<void> {
  const portal = context.portals.ofRoom(roomId);
  const spoken = entries
    .map((entry) => JSON.parse(entry.event) as MatrixEvent)
    .filter(({ type }) => type === 'm.room.message' || type === 'm.sticker');
  const last = spoken.at(-1);
  if (!portal || !last) return;
  context.metrics.dropped.add({ network: portal.network, direction: 'matrix_to_irc', why: 'waited' }, spoken.length);
  const senders = [...new Set(spoken.map(({ sender }) => sender))].join(', ');
  const which = spoken.length === 1 ? 'A message' : `${spoken.length} messages`;
  const words = `${which} of ${senders} did not reach ${portal.displayTarget}: IRC was away for too long. Please say it again.`;
  await tellRoom(context, roomId, `dropped.${last.event_id}`, words);
}
