import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../../platform/context.ts';
import type { Command } from '../../platform/shard-log/command.ts';
import { findRoom } from '../../storage/names/room-names.ts';
import { shardOfUser } from '../../storage/names/shard-of.ts';
import type { ReportedThing } from '../../storage/reports/reported-thing.ts';
import { insertReport } from '../../storage/reports/write-reports.ts';
import { readEventById } from '../../storage/rooms/read-events.ts';
import { readMemberships } from '../../storage/rooms/read-memberships.ts';

type ReportInput = ReportedThing & { readonly request: string };

export const addReportCommand: Command<ReportInput, null> = {
  name: 'add-report',
  key: ({ reporter }) => `report ${reporter}`,
  releases: 'decided',
  decide: (shard, input) => ({
    result: null,
    committed: shard.append(0, () => ({ entries: [], writes: [insertReport(input)] })),
  }),
};

/**
 * Notes for the administrators that somebody finds a room inappropriate. Throws M_NOT_FOUND.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidreport
 */
export async function reportRoom(context: Context, reporter: string, roomId: string, reason?: string): Promise<void> {
  if (!(await findRoom(context, roomId))) throw new MatrixError('M_NOT_FOUND', 'The room was not found');
  await addReport(context, { reporter, roomId, userId: null, eventId: null, reason: reason ?? null });
}

/**
 * Notes for the administrators that a member of a room finds an event inappropriate. Throws M_NOT_FOUND, the same for
 * those who are not in the room.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidreporteventid
 */
export async function reportEvent(
  context: Context,
  reporter: string,
  place: { readonly roomId: string; readonly eventId: string },
  reason?: string,
): Promise<void> {
  const [memberships, event] = await Promise.all([
    readMemberships(context, reporter, [place.roomId]),
    readEventById(context, place.eventId),
  ]);
  if (memberships.get(place.roomId) !== 'join' || event?.roomId !== place.roomId) {
    throw new MatrixError('M_NOT_FOUND', 'The event was not found, or you are not joined to the room');
  }
  await addReport(context, { ...place, reporter, userId: event.pdu.sender, reason: reason ?? null });
}

/**
 * Notes for the administrators that somebody finds a user inappropriate; whether the user exists is not told.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3usersuseridreport
 */
export async function reportUser(context: Context, reporter: string, userId: string, reason?: string): Promise<void> {
  await addReport(context, { reporter, userId, roomId: null, eventId: null, reason: reason ?? null });
}

async function addReport(context: Context, thing: Omit<ReportedThing, 'reportedMs'>): Promise<void> {
  const input = { ...thing, reportedMs: context.clock.wallMs(), request: context.random.uuid() };
  await context.shardLog.submit(addReportCommand, shardOfUser(context, thing.reporter), input);
  context.log.warn({ ...thing, reason: undefined }, 'a user reported something to the administrators');
}
