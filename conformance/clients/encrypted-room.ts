import assert from 'node:assert/strict';
import { MsgType, Preset } from 'matrix-js-sdk';
import { VerificationPhase, type VerificationRequest, type Verifier } from 'matrix-js-sdk/lib/crypto-api/index.js';
import {
  type ChatClient,
  CryptoEvent,
  cryptoOf,
  startWaiting,
  waitForEvent,
  waitForMembership,
} from './chat-client.ts';

/** A direct, encrypted room of both. */
export async function makeEncryptedRoom(alice: ChatClient, bob: ChatClient): Promise<string> {
  const { room_id: roomId } = await alice.client.createRoom({
    preset: Preset.TrustedPrivateChat,
    is_direct: true,
    invite: [bob.login.userId],
    initial_state: [{ type: 'm.room.encryption', state_key: '', content: { algorithm: 'm.megolm.v1.aes-sha2' } }],
  });
  await waitForMembership(bob, roomId, bob.login.userId, 'invite');
  await bob.client.joinRoom(roomId);
  await waitForMembership(alice, roomId, bob.login.userId, 'join');
  await waitForMembership(bob, roomId, bob.login.userId, 'join');
  return roomId;
}

/** Sends a message; encrypted where the room is. */
export function say({ client }: ChatClient, roomId: string, body: string) {
  return client.sendMessage(roomId, { msgtype: MsgType.Text, body });
}

/** Both compare emoji and confirm. */
export async function verify(alice: ChatClient, bob: ChatClient, roomId: string): Promise<void> {
  const arrived = waitForEvent<[VerificationRequest]>(bob.client, CryptoEvent.VerificationRequestReceived, () => true);
  const request = await cryptoOf(alice.client).requestVerificationDM(bob.login.userId, roomId);
  const [received] = await arrived;
  await received.accept();
  const isReady = () => request.phase >= VerificationPhase.Ready;
  if (!isReady()) await waitForEvent(request, 'change', isReady);
  const aliceVerifier = await request.startVerification('m.sas.v1');
  const aliceDone = confirmEmoji(aliceVerifier);
  if (!received.verifier) await waitForEvent(received, 'change', () => received.verifier !== undefined);
  assert.ok(received.verifier);
  await Promise.all([aliceDone, confirmEmoji(received.verifier)]);
}

/** The signature comes back over /keys/query, after the server has said that the other's keys changed. */
export async function waitUntilVerified({ client }: ChatClient, other: ChatClient): Promise<void> {
  const { userId } = other.login;
  const isVerified = async () => (await cryptoOf(client).getUserVerificationStatus(userId)).isCrossSigningVerified();
  for (;;) {
    const change = startWaiting<[string]>(client, CryptoEvent.UserTrustStatusChanged, (changed) => changed === userId);
    if (await isVerified()) return change.cancel();
    await change.arrived;
  }
}

async function confirmEmoji(verifier: Verifier): Promise<void> {
  const shown = waitForEvent<[{ confirm(): Promise<void> }]>(verifier, 'show_sas', () => true);
  const done = verifier.verify();
  const [sas] = await shown;
  await sas.confirm();
  await done;
}
