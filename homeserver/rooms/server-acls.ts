import { isServerAllowedByAcl } from '@holdfast/protocol/server-acl/is-server-allowed.ts';
import type { Context } from '../platform/context.ts';
import { perContext } from '../platform/per-context.ts';
import type { RoomName } from '../storage/names/room-names.ts';
import { StateContents } from './state-contents.ts';

const serverAcls = perContext((context: Context) => new StateContents(context, 'm.room.server_acl'));

/**
 * Whether the room's server ACL lets a server take part. No query for a room that was asked about lately.
 * https://spec.matrix.org/v1.19/server-server-api/#server-access-control-lists-acls
 */
export async function isServerAllowedInRoom(context: Context, room: RoomName, server: string): Promise<boolean> {
  return isServerAllowedByAcl(await serverAcls.of(context).get(room), server);
}
