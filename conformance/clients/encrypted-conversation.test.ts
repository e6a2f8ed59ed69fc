import assert from 'node:assert/strict';
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { startTestHomeserver } from '@holdfast/homeserver/testing/start-test-homeserver.ts';
import { EventType, Method, MsgType, Preset } from 'matrix-js-sdk';
import { VerificationPhase, type VerificationRequest, type Verifier } from 'matrix-js-sdk/lib/crypto-api/index.js';
import {
  type ChatClient,
  CryptoEvent,
  cryptoOf,
  logInAgain,
  registerUser,
  setUpEncryption,
  startChatClient,
  startWaiting,
  waitForEvent,
  waitForMembership,
  waitForMessage,
} from './chat-client.ts';

test('two people verify each other, talk and share a file in an encrypted room, go on after a restart, and a new device reads the history', async (t) => {
  const server = await startTestHomeserver();
  t.after(() => server.stop());
  const [aliceLogin, bobLogin] = [
    await registerUser(server.baseUrl, 'alice'),
    await registerUser(server.baseUrl, 'bob'),
  ];
  const alice = await startChatClient(server.baseUrl, aliceLogin);
  t.after(() => alice.stop());
  const bob = await startChatClient(server.baseUrl, bobLogin);
  t.after(() => bob.stop());
  const recoveryKey = await setUpEncryption(alice);
  await setUpEncryption(bob);

  const roomId = await makeEncryptedRoom(alice, bob);
  await say(alice, roomId, 'hello bob');
  await waitForMessage(bob, roomId, 'hello bob');
  await say(bob, roomId, 'hello alice');
  const answer = await waitForMessage(alice, roomId, 'hello alice');
  assert.equal(answer.getWireType(), 'm.room.encrypted', 'the message went over the server encrypted');

  await verify(alice, bob, roomId);
  await Promise.all([waitUntilVerified(alice, bob), waitUntilVerified(bob, alice)]);

  await shareEncryptedFile(alice, bob, roomId);

  await server.restart();
  await say(bob, roomId, 'still here');
  await waitForMessage(alice, roomId, 'still here');

  await cryptoOf(alice.client).checkKeyBackupAndEnable();
  await waitUntilBackedUp(alice);
  const laptop = await startChatClient(server.baseUrl, await logInAgain(server.baseUrl, aliceLogin), recoveryKey);
  t.after(() => laptop.stop());
  const crypto = cryptoOf(laptop.client);
  assert.ok(await crypto.userHasCrossSigningKeys(aliceLogin.userId, true), "the new device finds its owner's keys");
  await crypto.bootstrapCrossSigning({});
  await crypto.loadSessionBackupPrivateKeyFromSecretStorage();
  const restored = await crypto.restoreKeyBackup();
  assert.ok(restored.imported > 0, 'keys came out of the backup');
  const room = laptop.client.getRoom(roomId);
  assert.ok(room);
  await laptop.client.scrollback(room, 50);
  for (const body of ['hello bob', 'hello alice', 'still here']) await waitForMessage(laptop, roomId, body);
});

async function makeEncryptedRoom(alice: ChatClient, bob: ChatClient): Promise<string> {
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

function say({ client }: ChatClient, roomId: string, body: string) {
  return client.sendMessage(roomId, { msgtype: MsgType.Text, body });
}

/** Both compare emoji and confirm. */
async function verify(alice: ChatClient, bob: ChatClient, roomId: string): Promise<void> {
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
async function waitUntilVerified({ client }: ChatClient, other: ChatClient): Promise<void> {
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

/** https://spec.matrix.org/v1.19/client-server-api/#sending-encrypted-attachments */
async function shareEncryptedFile(alice: ChatClient, bob: ChatClient, roomId: string): Promise<void> {
  const plain = randomBytes(200_000);
  const [key, counter] = [randomBytes(32), Buffer.concat([randomBytes(8), Buffer.alloc(8)])];
  const cipher = createCipheriv('aes-256-ctr', key, counter);
  const encrypted = Buffer.concat([cipher.update(plain), cipher.final()]);
  const { content_uri: url } = await alice.client.uploadContent(new Blob([encrypted]), {
    type: 'application/octet-stream',
    includeFilename: false,
  });
  await alice.client.sendEvent(roomId, EventType.RoomMessage, {
    msgtype: MsgType.File,
    body: 'plans.bin',
    file: { url, v: 'v2', key: { k: key.toString('base64url') }, iv: counter.toString('base64'), hashes: {} },
  } as never);
  const event = await waitForMessage(bob, roomId, 'plans.bin');
  const file = event.getContent()['file'] as { url: string; key: { k: string }; iv: string };
  const address = bob.client.mxcUrlToHttp(file.url, undefined, undefined, undefined, false, true, true);
  assert.ok(address);
  const reply = await fetch(address, { headers: { authorization: `Bearer ${bob.login.accessToken}` } });
  assert.equal(reply.status, 200);
  const decipher = createDecipheriv(
    'aes-256-ctr',
    Buffer.from(file.key.k, 'base64url'),
    Buffer.from(file.iv, 'base64'),
  );
  const received = Buffer.concat([decipher.update(Buffer.from(await reply.arrayBuffer())), decipher.final()]);
  assert.ok(received.equals(plain), 'the file arrived as it was sent');
}

/**
 * The client uploads keys in the background and tells nobody who was not listening when it was done: ask the server, and
 * not the client, which keeps what it was told before the upload.
 */
async function waitUntilBackedUp({ client }: ChatClient): Promise<void> {
  const looks = 60;
  for (let look = 0; look < looks; look++) {
    const backup = await client.http.authedRequest<{ count: number }>(Method.Get, '/room_keys/version');
    if (backup.count >= 2) return;
    await setTimeout(500);
  }
  throw new Error('the keys were not backed up');
}
