import type { Pdu } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import { receiveEvents } from '../receive-events.ts';
import type { ReceivedEvent } from '../received-event.ts';
import { requireAccepted } from './require-accepted.ts';

/**
 * Adds a local user's join that another server has taken to a room that this server is in already. What it refers to may
 * still be on its way. Throws M_FORBIDDEN where it is not allowed here.
 */
export async function receiveOwnJoin(
  context: Context,
  {
    roomId,
    server,
    joinEvent,
  }: { readonly roomId: string; readonly server: string; readonly joinEvent: ReceivedEvent },
): Promise<void> {
  const [outcome] = await receiveEvents(context, { roomId, origin: server, events: [joinEvent] });
  if (outcome?.outcome === 'waiting') return;
  const { eventId, pduJson } = joinEvent;
  await requireAccepted(context, { eventId, roomId, pdu: JSON.parse(pduJson) as Pdu }, outcome);
}
