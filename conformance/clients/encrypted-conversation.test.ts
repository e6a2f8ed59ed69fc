import assert from 'node:assert/strict';
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { startTestHomeserver } from '@holdfast/homeserver/testing/start-test-homeserver.ts';
import { EventType, Method, MsgType } from 'matrix-js-sdk';
import {
  type ChatClient,
  cryptoOf,
  logInAgain,
  registerUser,
  setUpEncryption,
  startChatClient,
  waitForMessage,
} from './chat-client.ts';
import { makeEncryptedRoom, say, verify, waitUntilVerified } from './encrypted-room.ts';

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
