import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { encodeBase64 } from '@holdfast/protocol/crypto/base64.ts';
import { signJson } from '@holdfast/protocol/crypto/sign-json.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { cryptoPrimitives } from '../platform/cryptography/crypto-primitives.ts';
import { findRoom } from '../storage/names/room-names.ts';
import { readStateEvent } from '../storage/rooms/read-state.ts';
import { startTestContext, type TestContext } from '../testing/start-test-context.ts';
import { changeMembership } from './change-membership.ts';
import { createRoom } from './create-room.ts';
import { sendStateEvent } from './send-event.ts';
import type { ThirdPartySigned } from './third-party-invite.ts';

const alice = '@alice:test';
const bob = '@bob:test';

let server: TestContext;
before(async () => {
  server = await startTestContext();
});
after(() => server.stop());

/** A room with a pending third-party invitation, and how its owner redeems it. */
async function inviteThirdParty() {
  const { context } = server;
  const { roomId } = await createRoom(context, '12', {
    ...{ creator: alice, preset: 'private_chat', creationContent: {}, powerLevelOverride: {}, initialState: [] },
    ...{ invite: [], isDirect: false, originServerTs: context.clock.wallMs() },
  });
  const publicKey = encodeBase64(context.signingKey.publicKey);
  const content = { display_name: 'b...', key_validity_url: 'https://id.example/valid', public_key: publicKey };
  const place = { type: 'm.room.third_party_invite', stateKey: 'token' };
  await sendStateEvent(context, { roomId, userId: alice, ...place, content });
  const key = { name: 'id.example', ...context.signingKey };
  const sign = (signed: JsonObject) => signJson(signed, key, cryptoPrimitives) as ThirdPartySigned;
  const join = (thirdPartySigned: ThirdPartySigned) =>
    changeMembership(context, { roomId, action: 'join', sender: bob, target: bob, thirdPartySigned });
  return { roomId, sign, join };
}

test('who proves to own the invited third-party identifier is invited by its inviter and joins', async () => {
  const { context } = server;
  const { roomId, sign, join } = await inviteThirdParty();
  const { eventId } = await join(sign({ sender: alice, mxid: bob, token: 'token' }));
  const room = await findRoom(context, roomId);
  assert.ok(room);
  const member = await readStateEvent(context, room, 'm.room.member', bob);
  assert.equal(member?.eventId, eventId);
  assert.equal(member.pdu.content['membership'], 'join');
  const invited = await readStateEvent(context, room, 'm.room.member', bob, member.position - 1);
  assert.ok(invited);
  assert.equal(invited.pdu.sender, alice);
  assert.equal((invited.pdu.content['third_party_invite'] as JsonObject)['display_name'], 'b...');
});

test('a proof for somebody else, of another token, or that was changed lets nobody in', async () => {
  const { sign, join } = await inviteThirdParty();
  const refused = { errcode: 'M_FORBIDDEN' };
  await assert.rejects(join(sign({ sender: alice, mxid: '@carol:test', token: 'token' })), refused);
  await assert.rejects(join(sign({ sender: alice, mxid: bob, token: 'other' })), refused);
  await assert.rejects(join(sign({ sender: bob, mxid: bob, token: 'token' })), refused);
  await assert.rejects(join({ ...sign({ sender: alice, mxid: bob, token: 'token' }), more: 1 }), refused);
  await assert.rejects(join({ sender: alice, mxid: bob, token: 'token', signatures: {} }), refused);
});
