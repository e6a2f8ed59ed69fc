import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type FederatedHomeserver,
  startFederatedHomeservers,
} from '@holdfast/homeserver/testing/start-federated-homeservers.ts';
import { cryptoOf, logInAgain, registerUser, setUpEncryption, startChatClient, waitForMessage } from './chat-client.ts';
import { makeEncryptedRoom, say, verify, waitUntilVerified } from './encrypted-room.ts';

test('two people on two servers verify each other, talk in an encrypted room, go on after a restart, and a new device is written to', async (t) => {
  const federation = await startFederatedHomeservers({ servers: 2 });
  t.after(() => federation.stop());
  const [one, two] = federation.homeservers as [FederatedHomeserver, FederatedHomeserver];
  const [aliceLogin, bobLogin] = [await registerUser(one.baseUrl, 'alice'), await registerUser(two.baseUrl, 'bob')];
  const alice = await startChatClient(one.baseUrl, aliceLogin);
  t.after(() => alice.stop());
  const bob = await startChatClient(two.baseUrl, bobLogin);
  t.after(() => bob.stop());
  await setUpEncryption(alice);
  const recoveryKey = await setUpEncryption(bob);

  const roomId = await makeEncryptedRoom(alice, bob);
  await say(alice, roomId, 'hello bob');
  await waitForMessage(bob, roomId, 'hello bob');
  await say(bob, roomId, 'hello alice');
  const answer = await waitForMessage(alice, roomId, 'hello alice');
  assert.equal(answer.getWireType(), 'm.room.encrypted', 'the message went over the servers encrypted');

  await verify(alice, bob, roomId);
  await Promise.all([waitUntilVerified(alice, bob), waitUntilVerified(bob, alice)]);

  await two.restart();
  await say(alice, roomId, 'are you back');
  await waitForMessage(bob, roomId, 'are you back');
  await say(bob, roomId, 'still here');
  await waitForMessage(alice, roomId, 'still here');

  const tablet = await startChatClient(two.baseUrl, await logInAgain(two.baseUrl, bobLogin), recoveryKey);
  t.after(() => tablet.stop());
  assert.ok(await cryptoOf(tablet.client).userHasCrossSigningKeys(bobLogin.userId, true));
  await cryptoOf(tablet.client).bootstrapCrossSigning({});
  await say(tablet, roomId, 'from the tablet');
  await waitForMessage(alice, roomId, 'from the tablet');
  const devices = await cryptoOf(alice.client).getUserDeviceInfo([bobLogin.userId], true);
  assert.equal(devices.get(bobLogin.userId)?.size, 2, 'the other server told of the new device');
  await say(alice, roomId, 'for both of your devices');
  await waitForMessage(tablet, roomId, 'for both of your devices');
});
