import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { encodeBase64 } from '@holdfast/protocol/crypto/base64.ts';
import type { JsonObject, Pdu } from '@holdfast/protocol/events/pdu.ts';
import { eventIdOfHash, signedEventBytes } from '@holdfast/protocol/events/reference-hash.ts';
import { signEvent } from '@holdfast/protocol/events/sign-event.ts';
import { encodeCanonicalJson } from '@holdfast/protocol/json/canonical-json.ts';
import { type RoomVersionRules, roomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import { cryptoPrimitives } from '../../platform/cryptography/crypto-primitives.ts';
import { makeFakeEvent } from '../../testing/fake-events.ts';
import { type FakeServer, makeFakeKey, startFakeServer } from '../../testing/start-fake-server.ts';
import { type FederatedHomeserver, startFederatedHomeservers } from '../../testing/start-federated-homeservers.ts';
import type { TestNetwork } from '../../testing/test-network.ts';
import { askServerForEvents } from './ask-server-for-events.ts';
import { askServerForEventsEarly } from './ask-server-for-events-early.ts';
import type { JudgedEvent } from './received-event.ts';
import { verifyReceivedEvents, verifyWorkersOf } from './verify-received-events.ts';

let network: TestNetwork;
let homeserver: FederatedHomeserver;
let fake: FakeServer;
let silent: FakeServer;
let stop: () => Promise<void>;

const rulesOf = (version: string) => roomVersionRules(version) as RoomVersionRules;

before(async () => {
  const started = await startFederatedHomeservers({ servers: 1 });
  ({ network, stop } = started);
  homeserver = started.homeservers[0] as FederatedHomeserver;
  fake = await startFakeServer(network, 'fake.test');
  silent = await startFakeServer(network, 'silent.test');
  silent.answer('/_matrix/key/v2/server', (response) => void response.writeHead(404).end('{}'));
});
after(async () => {
  await fake.stop();
  await silent.stop();
  await stop();
});

const outcome = (judged: JudgedEvent | undefined) => judged?.problem?.kind ?? 'verified';

/** Once verified at once, once in a thread: together with enough others. */
async function judgeBothWays(rules: RoomVersionRules, input: JsonObject | string): Promise<JudgedEvent> {
  const [alone] = await verifyReceivedEvents(homeserver.context, rules, [input]);
  const others = Array.from({ length: 9 }, (_, index) => makeFakeEvent(fake, rules, { depth: index }).pduJson);
  const judged = await verifyReceivedEvents(homeserver.context, rules, [...others, input]);
  assert.deepEqual(judged.slice(0, 9).map(outcome), Array(9).fill('verified'));
  const last = judged[9] as JudgedEvent;
  assert.deepEqual([last.problem, last.eventId], [alone?.problem, alone?.eventId]);
  return last;
}

for (const version of ['1', '3', '5', '10', '12']) {
  test(`a signed event of room version ${version} is verified, without what nobody signed`, async () => {
    const rules = rulesOf(version);
    const { pdu, pduJson, eventId } = makeFakeEvent(fake, rules);
    const judged = await judgeBothWays(rules, { ...(pdu as unknown as JsonObject), unsigned: { age: 0.5 } });
    assert.ok(judged.problem === undefined);
    assert.deepEqual([judged.eventId, judged.pduJson, judged.pdu], [eventId, pduJson, pdu]);
    const text = await judgeBothWays(rules, JSON.stringify(pdu));
    assert.equal(outcome(text), 'verified');
  });
}

test('an event whose content is not the hashed one is redacted', async () => {
  const rules = rulesOf('11');
  const { pdu, eventId } = makeFakeEvent(fake, rules, { content: { body: 'hello' } });
  const judged = await judgeBothWays(rules, { ...(pdu as unknown as JsonObject), content: { body: 'forged' } });
  assert.ok(judged.problem === undefined);
  assert.deepEqual([judged.eventId, judged.pdu.content], [eventId, {}]);
});

test('numbers that a double would change keep their digits in old rooms, and are refused in others', async () => {
  const rules = rulesOf('5');
  const written = new Map([
    ['9007199254740992', '9007199254740993000001'],
    ['0.5', '0.50'],
    ['7777', '7777.0'],
  ]);
  const write = (text: string) => [...written].reduce((changed, [held, exact]) => changed.replace(held, exact), text);
  /** As a server makes it that has such numbers: hashed and signed with all digits. */
  const make = (event: JsonObject) => {
    const { signatures: _signatures, hashes: _hashes, ...pdu } = makeFakeEvent(fake, rules, event).pdu;
    const sha256 = hash('sha256', write(encodeCanonicalJson(pdu, { strict: false })), 'buffer');
    const hashed = { ...(pdu as Pdu), hashes: { sha256: encodeBase64(sha256) } };
    const signedBytes = Buffer.from(write(Buffer.from(signedEventBytes(hashed, rules)).toString()));
    const signature = encodeBase64(cryptoPrimitives.sign(signedBytes, fake.key.secretKey));
    const id = eventIdOfHash(cryptoPrimitives.sha256(signedBytes), rules);
    return {
      id,
      text: write(JSON.stringify({ ...hashed, signatures: { [fake.serverName]: { [fake.key.keyId]: signature } } })),
    };
  };
  const message = make({ content: { body: 'hello', number: 2 ** 53, half: 0.5, list: [7777] } });
  const users = { '@user:fake.test': 2 ** 53 };
  const powers = make({ type: 'm.room.power_levels', stateKey: '', content: { users } });
  for (const { id, text } of [message, powers]) {
    const judged = await judgeBothWays(rules, text);
    assert.ok(judged.problem === undefined);
    assert.equal(judged.eventId, id);
    assert.match(judged.pduJson, /9007199254740993000001/);
    assert.equal(outcome(await judgeBothWays(rules, judged.pduJson)), 'verified');
    assert.equal(outcome(await judgeBothWays(rulesOf('6'), text)), 'malformed');
  }
  const again = await judgeBothWays(rules, message.text);
  assert.ok(again.problem === undefined);
  assert.match(again.pduJson, /"half":0\.50,"list":\[7777\.0\]/);
  for (const depth of ['9223372036854775807', '1e19', '1e400']) {
    const deep = message.text.replace('"depth":1', `"depth":${depth}`);
    assert.notEqual(outcome(await judgeBothWays(rules, deep)), 'verified');
  }
});

test('what is malformed, too large, unsigned or by an unknown key is dropped, each with its reason', async () => {
  const rules = rulesOf('10');
  const { pdu } = makeFakeEvent(fake, rules);
  const event = pdu as unknown as JsonObject;
  const big = makeFakeEvent(fake, rules, { content: { body: 'x'.repeat(70_000) } });
  const stranger = { ...fake, key: makeFakeKey() };
  const stories: [JsonObject | string, string][] = [
    ['{"type":', 'malformed'],
    ['[]', 'malformed'],
    [{ ...event, depth: -1 }, 'malformed'],
    [{ ...event, sender: 'nobody' }, 'malformed'],
    [{ ...event, content: { a: 0.5 } }, 'malformed'],
    [big.pduJson, 'too-large'],
    [{ ...event, signatures: {} }, 'signature'],
    [{ ...event, depth: 7 }, 'signature'],
    [{ ...event, sender: '@other:silent.test' }, 'signature'],
    [makeFakeEvent(stranger, rules).pduJson, 'signature'],
    [makeFakeEvent(silent, rules).pduJson, 'key'],
  ];
  for (const [input, expected] of stories) {
    assert.equal(outcome(await judgeBothWays(rules, input)), expected, JSON.stringify(input).slice(0, 200));
  }
});

test('a restricted join needs the signature of the authorising server too', async () => {
  const rules = rulesOf('10');
  const join = makeFakeEvent(fake, rules, {
    ...{ type: 'm.room.member', stateKey: '@user:fake.test' },
    content: { membership: 'join', join_authorised_via_users_server: '@host:one.test' },
  });
  assert.equal(outcome(await judgeBothWays(rules, join.pduJson)), 'signature');
  const key = { name: 'one.test', ...homeserver.context.signingKey };
  const signed = signEvent(join.pdu, rules, key, cryptoPrimitives);
  assert.equal(outcome(await judgeBothWays(rules, signed as unknown as JsonObject)), 'verified');
});

test('from room version 5 on a key counts only while it is valid', async () => {
  const originServerTs = Date.now() + 30 * 24 * 3_600_000;
  const late = (version: string) => makeFakeEvent(fake, rulesOf(version), { originServerTs }).pduJson;
  const judge = async (version: string) =>
    outcome((await verifyReceivedEvents(homeserver.context, rulesOf(version), [late(version)]))[0]);
  assert.deepEqual([await judge('4'), await judge('5')], ['verified', 'key']);
});

test('a large answer is given in batches, auth events first, and what is unsound in it is counted', async () => {
  const rules = rulesOf('12');
  const create = makeFakeEvent(fake, rules, { type: 'm.room.create', stateKey: '', content: {} });
  const roomId = create.roomId;
  const member = makeFakeEvent(fake, rules, { type: 'm.room.member', stateKey: '@user:fake.test', roomId });
  const names = Array.from({ length: 700 }, (_, index) =>
    makeFakeEvent(fake, rules, { ...{ type: 'test', stateKey: String(index), roomId }, authEvents: [member.eventId] }),
  );
  const forged = { ...names[0]?.pdu, depth: 99 };
  fake.answer('/large', {
    event: { some: 'event' },
    state: [...names.map(({ pdu }) => pdu), member.pdu, create.pdu, forged, 7],
    auth_chain: [member.pdu, create.pdu],
  });
  const reply = await askServerForEvents(homeserver.context, {
    ...{
      server: 'fake.test',
      method: 'GET',
      path: '/large',
      timeoutMs: 20_000,
      rules,
      arrays: ['state', 'auth_chain'],
    },
  });
  assert.deepEqual(reply.members, { event: { some: 'event' } });
  assert.deepEqual(reply.arrays['auth_chain'], [member.eventId, create.eventId]);
  assert.equal(reply.arrays['state']?.length, 703, 'the forged one, which is of the right form, among them');
  const batches = await Array.fromAsync(reply.batches());
  reply.close();
  assert.equal(reply.refused().count, 2);
  assert.deepEqual(
    reply
      .refused()
      .examples.map(({ problem }) => problem.kind)
      .toSorted(),
    ['malformed', 'signature'],
  );
  assert.deepEqual(
    batches.map(({ length }) => length),
    [250, 250, 202],
  );
  const ids = batches.flat().map(({ eventId }) => eventId);
  // None names the create event, without which all of them would be rejected.
  assert.deepEqual(ids.slice(0, 2), [create.eventId, member.eventId]);
});

test('events are given before the answer ends where what authorises them is known, or was given', async () => {
  const rules = rulesOf('11');
  const make = (stateKey: string, authEvents: readonly string[]) =>
    makeFakeEvent(fake, rules, { type: 'test', stateKey, authEvents });
  const known = make('known', []);
  const last = make('last', [known.eventId]);
  const late = Array.from({ length: 3 }, (_, index) => make(`late ${index}`, [last.eventId]));
  const early = Array.from({ length: 600 }, (_, index) => make(`early ${index}`, [known.eventId]));
  const textOf = (events: readonly { pduJson: string }[]) => events.map(({ pduJson }) => pduJson).join(',');
  let endAnswer = () => {};
  fake.answer('/early', (response) => {
    response.write(`{"pdus":[${textOf([known, ...late, ...early])}`);
    endAnswer = () => response.end(`,${textOf([last, ...early.slice(0, 2)])}],"auth_chain":[${textOf([known])}]}`);
    return undefined;
  });
  const question = { server: 'fake.test', method: 'GET', path: '/early', timeoutMs: 20_000, rules } as const;
  const events = askServerForEventsEarly(homeserver.context, {
    ...{ ...question, arrays: ['pdus', 'auth_chain'], known: [known.eventId] },
  });
  const first = await events.next();
  assert.ok(first.value && first.value.length > 0, 'while the answer has not ended');
  endAnswer();
  const ids = [...first.value, ...(await Array.fromAsync(events)).flat()].map(({ eventId }) => eventId);
  const told = [...early, last, ...late].map(({ eventId }) => eventId);
  assert.deepEqual(new Set(ids), new Set(told));
  assert.equal(ids.length, told.length, 'each once');
  assert.ok(late.every(({ eventId }) => ids.indexOf(eventId) > ids.indexOf(last.eventId)));
  assert.equal(verifyWorkersOf.of(homeserver.context).size, 0);
});

test('an answer that is given early and lacks what was asked for is an error', async () => {
  fake.answer('/nothing', { auth_chain: [] });
  const question = { server: 'fake.test', method: 'GET', path: '/nothing', timeoutMs: 20_000 } as const;
  const events = askServerForEventsEarly(homeserver.context, { ...question, rules: rulesOf('11'), arrays: ['pdus'] });
  await assert.rejects(Array.fromAsync(events), { kind: 'bad-answer' });
  assert.equal(verifyWorkersOf.of(homeserver.context).size, 0);
});

test('of an event that comes twice the copy that is signed well counts, whichever that is', async () => {
  const rules = rulesOf('11');
  const { pdu, pduJson, eventId } = makeFakeEvent(fake, rules, { type: 'test', stateKey: '' });
  const badlySigned = makeFakeEvent({ ...fake, key: makeFakeKey() }, rules, { type: 'test', stateKey: '' }).pdu;
  const copy = { ...pdu, signatures: badlySigned.signatures };
  for (const [path, state] of [
    ['/bad-first', [copy, pdu, pdu]],
    ['/good-first', [pdu, copy]],
  ] as const) {
    fake.answer(path, { state });
    const question = { server: 'fake.test', method: 'GET', path, timeoutMs: 20_000, rules, arrays: ['state'] } as const;
    const reply = await askServerForEvents(homeserver.context, question);
    const read = (await Array.fromAsync(reply.batches())).flat();
    reply.close();
    assert.deepEqual(
      read.map((event) => [event.eventId, event.pduJson]),
      [[eventId, pduJson]],
    );
    assert.equal(reply.refused().count, 0);
  }
});

test('an answer that is no JSON, or breaks off, is an error and leaves nothing behind', async () => {
  const ask = (path: string) =>
    askServerForEvents(homeserver.context, {
      ...{ server: 'fake.test', method: 'GET', path, timeoutMs: 20_000, rules: rulesOf('12'), arrays: ['state'] },
    });
  fake.answer('/broken', (response) => void response.end('{"state":[{},'));
  await assert.rejects(ask('/broken'), { kind: 'bad-answer' });
  fake.answer('/cut', (response) => {
    response.writeHead(200, { 'Content-Length': '1000' });
    response.write('{"state":[', () => response.destroy());
    return undefined;
  });
  await assert.rejects(ask('/cut'), { kind: 'unreachable' });
});
