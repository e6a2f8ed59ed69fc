import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeBase64, encodeUrlSafeBase64 } from '../crypto/base64.ts';
import { signJson } from '../crypto/sign-json.ts';
import type { IdentifiedPdu, JsonObject, Pdu } from '../events/pdu.ts';
import { type RoomVersionRules, roomVersionRules, supportedRoomVersions } from '../room-versions/room-version.ts';
import { makeTestSigningKey, nodeCryptoPrimitives } from '../testing/node-crypto-primitives.ts';
import type { AuthState } from './auth-state.ts';
import { authorizeEvent } from './authorize-event.ts';

const identityServer = makeTestSigningKey('identity.example', 1);
const otherIdentityServer = makeTestSigningKey('other.example', 2);
const goodSigned = signJson({ mxid: '@erin:e.example', token: 'abc' }, identityServer, nodeCryptoPrimitives);
const publicKey = encodeBase64(identityServer.publicKey);

/** What differs from an invite that is in order. */
interface Variation {
  readonly signed?: JsonObject | undefined;
  readonly thirdPartyInvite?: JsonObject;
  readonly invite?: JsonObject;
  readonly inviter?: string;
  readonly stateKey?: string;
  readonly target?: string;
}

function verdictReason(rules: RoomVersionRules, variation: Variation): string | undefined {
  const signed = 'signed' in variation ? variation.signed : goodSigned;
  const roomId = rules.roomIdIsCreateHash ? '!create' : '!room:a.example';
  const identify = (eventId: string, fields: Partial<Pdu>): IdentifiedPdu => ({
    eventId,
    roomId,
    pdu: {
      type: 'm.room.member',
      sender: '@alice:a.example',
      state_key: '',
      content: {},
      origin_server_ts: 0,
      depth: 1,
      prev_events: [],
      auth_events: [],
      ...fields,
    },
  });
  const state = new Map([
    ['m.room.create|', identify('$create', { content: { creator: '@alice:a.example' } })],
    ['m.room.third_party_invite|abc', identify('$invite', { content: variation.invite ?? { public_key: publicKey } })],
    ['m.room.member|@banned:e.example', identify('$ban', { content: { membership: 'ban' } })],
  ]);
  const authState: AuthState = { get: (type, stateKey) => state.get(`${type}|${stateKey}`) };
  const event = identify('$event', {
    sender: variation.inviter ?? '@alice:a.example',
    state_key: variation.target ?? '@erin:e.example',
    content: { membership: 'invite', third_party_invite: variation.thirdPartyInvite ?? { signed } },
  });
  const verdict = authorizeEvent(rules, event, authState, nodeCryptoPrimitives.verify);
  return verdict.allowed ? undefined : verdict.reason;
}

const signedByOther = signJson({ mxid: '@erin:e.example', token: 'abc' }, otherIdentityServer, nodeCryptoPrimitives);

const accepted: Record<string, Variation> = {
  'the key of public_key has signed': {},
  'a key of public_keys has signed': {
    invite: {
      public_key: encodeBase64(otherIdentityServer.publicKey),
      public_keys: [{ public_key: 'rubbish' }, { public_key: publicKey }],
    },
  },
  'the key is written in URL-safe base64': { invite: { public_key: encodeUrlSafeBase64(identityServer.publicKey) } },
  'a key that the invite does not name has signed, too': {
    signed: signJson(goodSigned, otherIdentityServer, nodeCryptoPrimitives),
  },
};

const rejected: Record<string, [Variation, RegExp]> = {
  'the target is banned': [{ target: '@banned:e.example' }, /is banned/],
  'nothing is signed': [{ signed: undefined }, /not signed/],
  'third_party_invite is no object': [{ thirdPartyInvite: [] as unknown as JsonObject }, /not signed/],
  'what is signed has no token': [{ signed: { ...goodSigned, token: undefined } }, /no mxid or token/],
  'what is signed is for another user': [{ target: '@frank:e.example' }, /another user/],
  'no third-party invite has the token': [
    { signed: signJson({ mxid: '@erin:e.example', token: 'other' }, identityServer, nodeCryptoPrimitives) },
    /no third-party invite/,
  ],
  'the third-party invite is by another sender': [{ inviter: '@bob:a.example' }, /another user/],
  'another key has signed': [{ signed: signedByOther }, /No key/],
  'what is signed was changed afterwards': [{ signed: { ...goodSigned, extra: 1 } }, /No key/],
  'nobody has signed': [{ signed: { ...goodSigned, signatures: {} } }, /No key/],
  'signatures are no object': [{ signed: { ...goodSigned, signatures: 'mine' } }, /No key/],
  'there are more keys than anybody needs': [
    { invite: { public_keys: Array.from({ length: 17 }, () => ({ public_key: publicKey })) } },
    /too many/,
  ],
};

for (const version of supportedRoomVersions()) {
  const rules = roomVersionRules(version) as RoomVersionRules;
  for (const [name, variation] of Object.entries(accepted)) {
    test(`a third-party invite is allowed in room version ${version} where ${name}`, () => {
      assert.equal(verdictReason(rules, variation), undefined);
    });
  }
  for (const [name, [variation, reason]] of Object.entries(rejected)) {
    test(`a third-party invite is rejected in room version ${version} where ${name}`, () => {
      assert.match(verdictReason(rules, variation) ?? 'allowed', reason);
    });
  }
}
