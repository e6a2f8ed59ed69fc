import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { isServerName } from '@holdfast/protocol/identifiers/server-name.ts';
import { isJsonObject } from '@holdfast/protocol/json/parse-json.ts';
import type { Context } from '../../platform/context.ts';
import { askServerForEvents, type EventsReply } from '../../remote-servers/received-events/ask-server-for-events.ts';
import { RemoteServerError } from '../../remote-servers/remote-server-error.ts';
import type { MadeMembership } from './make-membership.ts';

/** What a server says that takes a join. */
export interface SentJoin {
  /** The join as it went into the room, with further signatures. Not checked. */
  readonly event: JsonObject | undefined;
  readonly membersOmitted: boolean;
  /** Those in the room. */
  readonly servers: readonly string[];
  /** `state` and `auth_chain`. The caller closes it. */
  readonly events: EventsReply;
}

/**
 * Hands a join over to a server in the room, which answers with the room's state. Throws RemoteServerError.
 * https://spec.matrix.org/v1.19/server-server-api/#put_matrixfederationv2send_joinroomideventid
 */
export async function sendJoin(
  context: Context,
  server: string,
  roomId: string,
  { event, rules }: MadeMembership,
  timeoutMs: number,
): Promise<SentJoin> {
  const place = `${encodeURIComponent(roomId)}/${encodeURIComponent(event.eventId)}`;
  const events = await askServerForEvents(context, {
    server,
    method: 'PUT',
    path: `/_matrix/federation/v2/send_join/${place}?omit_members=true`,
    bodyJson: event.pduJson,
    timeoutMs,
    evenWhenBackingOff: true,
    rules,
    arrays: ['state', 'auth_chain'],
  });
  const { members, arrays } = events;
  if (!arrays['state'] || !arrays['auth_chain']) {
    events.close();
    throw new RemoteServerError('bad-answer', server, 'it took the join and did not tell the state of the room');
  }
  const servers = members['servers_in_room'];
  return {
    event: isJsonObject(members['event']) ? members['event'] : undefined,
    membersOmitted: members['members_omitted'] === true,
    servers: Array.isArray(servers)
      ? servers.filter((name): name is string => typeof name === 'string' && isServerName(name))
      : [],
    events,
  };
}
