import { isErrorCode } from '@holdfast/protocol/errors/error-codes.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Pdu } from '@holdfast/protocol/events/pdu.ts';
import { needsPolicySignature, type PolicyServer } from '@holdfast/protocol/policy-servers/policy-server.ts';
import type { Context } from '../../platform/context.ts';
import type { Command } from '../../platform/shard-log/command.ts';
import { RemoteServerError } from '../../remote-servers/remote-server-error.ts';
import { findRoom, type RoomName, rulesOfRoom } from '../../storage/names/room-names.ts';
import { hotRooms } from '../hot-rooms.ts';
import { negativePositions } from '../negative-positions.ts';
import { prepareEvents } from '../prepare-events.ts';
import { receiveOnFork } from '../receive-on-fork.ts';
import { parseReceivedEvent } from '../received-event.ts';
import { recentTransactions } from '../recent-transactions.ts';
import { RoomReceiver } from '../room-receiver.ts';
import { askPolicyServer } from './ask-policy-server.ts';
import { policyServerOfRoom } from './policy-server-of-room.ts';
import type { UnsignedEvents } from './unsigned-events.ts';

/**
 * Adds events of this server that were built a moment ago and signed by the room's policy server since. The room may have
 * gone on meanwhile: then they are a branch of it. Throws M_FORBIDDEN where they are not allowed any more.
 */
export const addSignedEventsCommand: Command<UnsignedEvents, { readonly eventId: string }> = {
  name: 'add-signed-events',
  key: (input) => input.roomId,
  releases: 'decided',
  async decide(shard, { roomId, events, origin }) {
    const { identityHash } = origin;
    const earlier =
      identityHash === undefined ? undefined : await shard.remember(recentTransactions).find(identityHash);
    if (earlier) return { result: { eventId: earlier.eventId }, committed: earlier.committed };
    const room = await shard.remember(hotRooms).load(roomId);
    if (!room) throw new MatrixError('M_NOT_FOUND', 'No such room is known here');
    await shard.remember(negativePositions).loaded();
    const receiver = new RoomReceiver(shard, room);
    const parsed = events.map((event) => parseReceivedEvent(roomId, event));
    await prepareEvents(
      shard,
      room,
      parsed.map(({ pdu }) => pdu),
    );
    await receiver.loadReferences(parsed);
    await receiver.loadPolicy();
    for (const event of parsed) {
      if (receiver.isHere(event.eventId)) continue;
      if (event === parsed.at(-1)) receiver.origin = origin;
      const { verdict, reason } = receiver.receiveAtOnce(event) ?? (await receiveOnFork(receiver, event));
      receiver.flush();
      if (verdict !== 'accepted')
        throw new MatrixError('M_FORBIDDEN', reason ?? 'The room does not allow this any more');
    }
    const eventId = parsed.at(-1)?.eventId ?? '';
    const { committed = Promise.resolve() } = receiver;
    const position = receiver.placeOf(eventId);
    if (identityHash !== undefined && position !== undefined) {
      shard.remember(recentTransactions).add(identityHash, position, { eventId, committed });
    }
    return { result: { eventId }, committed };
  },
};

/**
 * Has the room's policy server sign events of this server, and adds them to the room. Gives the id of the last one.
 * Throws what the policy server refuses them with, M_CONNECTION_TIMEOUT and M_CONNECTION_FAILED: nothing is sent then.
 * https://spec.matrix.org/v1.19/server-server-api/#asking-for-a-policy-server-signature-on-an-event
 */
export async function sendSignedEvents(
  context: Context,
  unsigned: UnsignedEvents,
): Promise<{ readonly eventId: string }> {
  const room = await findRoom(context, unsigned.roomId);
  if (!room) throw new MatrixError('M_NOT_FOUND', 'No such room is known here');
  const events: UnsignedEvents['events'][number][] = [];
  for (const { eventId, pduJson } of unsigned.events) {
    events.push({ eventId, pduJson: await signOwnEvent(context, room, pduJson) });
  }
  return await context.shardLog.submit(addSignedEventsCommand, room.shard, { ...unsigned, events });
}

/**
 * An event of this server as it may go to others: signed by the policy server of its room, where that uses one. Throws
 * MatrixError.
 */
export async function signOwnEvent(context: Context, room: RoomName, pduJson: string): Promise<string> {
  const policyServer = await policyServerOfRoom(context, room);
  if (!policyServer || !needsPolicySignature(JSON.parse(pduJson) as Pdu)) return pduJson;
  if (policyServer.server === context.serverName) {
    throw new MatrixError('M_FORBIDDEN', 'The room names this server as its policy server, which it is not');
  }
  try {
    return await askPolicyServer(context, rulesOfRoom(room), policyServer, pduJson, { isWaitedFor: true });
  } catch (error) {
    throw refusalOf(policyServer, error);
  }
}

/** A refusal is told to the client as it is. */
function refusalOf({ server }: PolicyServer, error: unknown): MatrixError {
  if (!(error instanceof RemoteServerError)) throw error;
  const { kind, status = 0, errcode, errorText, message } = error;
  if (kind === 'timeout') return new MatrixError('M_CONNECTION_TIMEOUT', `The policy server ${server} did not answer`);
  if (kind === 'refused' && errcode !== undefined && isErrorCode(errcode) && status >= 400 && status < 500) {
    return new MatrixError(errcode, errorText ?? message, { status });
  }
  return new MatrixError('M_CONNECTION_FAILED', `The policy server ${server} gave no signature: ${message}`);
}
