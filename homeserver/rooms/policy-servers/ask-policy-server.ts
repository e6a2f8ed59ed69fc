import { encodePdu } from '@holdfast/protocol/events/encode-pdu.ts';
import type { Pdu } from '@holdfast/protocol/events/pdu.ts';
import {
  isPolicySigned,
  needsPolicySignature,
  type PolicyServer,
  withPolicySignature,
} from '@holdfast/protocol/policy-servers/policy-server.ts';
import type { RoomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import type { Context } from '../../platform/context.ts';
import { cryptoPrimitives } from '../../platform/cryptography/crypto-primitives.ts';
import { askServer } from '../../remote-servers/ask-server.ts';
import { RemoteServerError } from '../../remote-servers/remote-server-error.ts';
import { type RoomName, rulesOfRoom } from '../../storage/names/room-names.ts';
import type { ReceivedEvent } from '../received-event.ts';
import { policyServerOfRoom } from './policy-server-of-room.ts';

/** Somebody waits for what they send; the server of an event that was received should have asked. */
const ownEventMs = 10_000;
const receivedEventsMs = 10_000;
const maxAnswerBytes = 64 * 1024;
/** Of the events that came together, so many are asked about at once. */
const askedAtOnce = 5;

/**
 * An event with the signature of the room's policy server on it. Throws RemoteServerError: the policy server refused, or
 * gave no answer, or one that is no signature.
 * https://spec.matrix.org/v1.19/server-server-api/#asking-for-a-policy-server-signature-on-an-event
 */
export async function askPolicyServer(
  context: Context,
  rules: RoomVersionRules,
  policyServer: PolicyServer,
  pduJson: string,
  options: { readonly timeoutMs?: number; readonly isWaitedFor?: boolean } = {},
): Promise<string> {
  const { server } = policyServer;
  const answer = await askServer(context, {
    ...{ server, method: 'POST', path: '/_matrix/policy/v1/sign', bodyJson: pduJson, idempotent: true },
    ...{ timeoutMs: options.timeoutMs ?? ownEventMs, maxBytes: maxAnswerBytes },
    evenWhenBackingOff: options.isWaitedFor ?? false,
  });
  const signed = withPolicySignature(JSON.parse(pduJson) as Pdu, server, answer);
  if (signed && isPolicySigned(signed, rules, policyServer, cryptoPrimitives)) return encodePdu(signed, rules);
  throw new RemoteServerError('bad-answer', server, 'it did not sign the event with the key that the room names');
}

/**
 * Received events of a room, each with its policy server's signature where the room uses one and it recommends the
 * event: their senders' servers may not have asked, or the key was another one then. Those that stay without are
 * soft-failed when they are judged.
 */
export async function addPolicySignatures(
  context: Context,
  room: RoomName,
  events: readonly ReceivedEvent[],
): Promise<readonly ReceivedEvent[]> {
  const policyServer = await policyServerOfRoom(context, room);
  if (!policyServer || policyServer.server === context.serverName) return events;
  const rules = rulesOfRoom(room);
  const unsigned = events.filter(({ pduJson }) => {
    const pdu = JSON.parse(pduJson) as Pdu;
    return needsPolicySignature(pdu) && !isPolicySigned(pdu, rules, policyServer, cryptoPrimitives);
  });
  if (unsigned.length === 0) return events;
  const endMs = context.clock.monotonicMs() + receivedEventsMs;
  const signed = new Map<string, string>();
  const queue = unsigned.values();
  const askNext = async () => {
    for (const { eventId, pduJson } of queue) {
      const timeoutMs = endMs - context.clock.monotonicMs();
      if (timeoutMs <= 0) return;
      try {
        signed.set(eventId, await askPolicyServer(context, rules, policyServer, pduJson, { timeoutMs }));
      } catch (error) {
        if (!(error instanceof RemoteServerError)) throw error;
        context.log.info({ roomId: room.roomId, eventId, reason: error.message }, 'the policy server did not sign');
        // It is as away for the others.
        if (error.kind !== 'refused' && error.kind !== 'bad-answer') return;
      }
    }
  };
  await Promise.all(Array.from({ length: askedAtOnce }, askNext));
  return events.map((event) => ({ ...event, pduJson: signed.get(event.eventId) ?? event.pduJson }));
}
