import type { Context } from '../platform/context.ts';
import type { LogEntry } from '../platform/shard-log/log-entry.ts';
import type { AddressedEdu } from '../rooms/addressed-edu.ts';
import { serversToTell } from '../rooms/joined-servers.ts';
import { isUserOfServer } from '../rooms/server-of-user.ts';

/**
 * What other servers are told of what somebody has read: those in the room. Private receipts stay here.
 * https://spec.matrix.org/v1.19/server-server-api/#receipts
 */
export async function edusOfReceipt(
  context: Context,
  { position, body }: LogEntry & { readonly kind: 'receipt' },
): Promise<AddressedEdu[]> {
  const { roomId, userId, receiptType, eventId, threadId, timestampMs } = body;
  if (receiptType !== 'm.read' || !isUserOfServer(userId, context.serverName)) return [];
  const servers = await serversToTell(context, roomId, position);
  const data = { ts: timestampMs, ...(threadId !== undefined && { thread_id: threadId }) };
  const content = { [roomId]: { [receiptType]: { [userId]: { event_ids: [eventId], data } } } };
  return [{ type: 'm.receipt', content, servers, key: `${roomId} ${userId} ${threadId ?? ''}`, keep: 'durable' }];
}
