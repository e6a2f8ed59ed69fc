import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { type PolicyServer, parsePolicyServer, policyType } from '@holdfast/protocol/policy-servers/policy-server.ts';
import type { Context } from '../../platform/context.ts';
import { perContext } from '../../platform/per-context.ts';
import type { RoomName } from '../../storage/names/room-names.ts';
import type { HotRoom } from '../hot-room.ts';
import { joinedServersOf } from '../joined-servers.ts';
import { StateContents } from '../state-contents.ts';
import type { LoadedPolicy } from './loaded-policy.ts';

const policies = perContext((context: Context) => new StateContents(context, policyType));

/**
 * The policy server that the room uses now; undefined: none. No query for a room that was asked about lately.
 * https://spec.matrix.org/v1.19/server-server-api/#determining-if-a-policy-server-is-enabled-in-a-room
 */
export async function policyServerOfRoom(context: Context, room: RoomName): Promise<PolicyServer | undefined> {
  return await usedPolicyServer(context, room.roomId, await policies.of(context).get(room));
}

/** The policy server that the content of a room's m.room.policy event names, where it has a joined user in the room. */
async function usedPolicyServer(
  context: Context,
  roomId: string,
  content: JsonObject | undefined,
): Promise<PolicyServer | undefined> {
  const named = parsePolicyServer(content);
  return named && (await joinedServersOf(context, roomId)).has(named.server) ? named : undefined;
}

/** As policyServerOfRoom, by the room's memory, which is ahead of the commits. Undefined: the room names none. */
export async function loadPolicy(context: Context, room: HotRoom): Promise<LoadedPolicy | undefined> {
  const entry = room.get(policyType, '');
  if (!entry) return undefined;
  const server = await usedPolicyServer(context, room.roomId, entry.pdu.content);
  return { eventId: entry.eventId, server };
}
