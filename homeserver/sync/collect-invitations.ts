import { stripStateEvent } from '@holdfast/protocol/events/client-event.ts';
import type { Pdu } from '@holdfast/protocol/events/pdu.ts';
import { readMembers } from '../storage/sync/read-room-states.ts';
import { readStrippedStates } from '../storage/sync/read-stripped-states.ts';
import type { RoomInvitation } from './find-room-news.ts';
import type { SyncRun } from './sync-run.ts';

/** Sections of rooms that the user may join, as JSON by room id. */
export interface InvitationSections {
  readonly invite: Map<string, string>;
  readonly knock: Map<string, string>;
}

/**
 * Invites and knocks with the stripped state of their rooms. Invites from ignored users are not told. Three queries,
 * none without an invitation.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync_response-200_invited-room
 */
export async function collectInvitations(
  run: SyncRun,
  invitations: readonly RoomInvitation[],
): Promise<InvitationSections> {
  const sections: InvitationSections = { invite: new Map(), knock: new Map() };
  if (invitations.length === 0) return sections;
  const { userId } = run.user;
  const places = invitations.map(({ room, position }) => ({ room, at: position }));
  const [states, own] = await Promise.all([
    readStrippedStates(run.context, places),
    readMembers(
      run.context,
      places.map((place) => ({ ...place, userId })),
    ),
  ]);
  const senders = await readMembers(
    run.context,
    places.flatMap((place) => {
      const sender = own.get(place.room)?.[0]?.body.sender;
      return sender === undefined || sender === userId ? [] : [{ ...place, userId: sender }];
    }),
  );
  for (const { roomId, room, section } of invitations) {
    const member = own.get(room)?.[0];
    if (!member || (section === 'invite' && run.ignored.has(member.body.sender))) continue;
    const known = [...(states.get(room) ?? []), ...(senders.get(room) ?? [])];
    const stripped = [
      // Of a room on other servers, this one knows what it was told, or what held when it left.
      ...(member.strippedState ?? known.map(({ pdu }) => stripStateEvent(pdu as Pdu))),
      stripStateEvent(member.pdu as Pdu),
    ];
    sections[section].set(roomId, `{"${section}_state":{"events":${JSON.stringify(stripped)}}}`);
  }
  return sections;
}
