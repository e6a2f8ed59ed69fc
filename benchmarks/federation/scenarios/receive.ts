import assert from 'node:assert/strict';
import { serveRoom } from '@holdfast/conformance/stub-servers/serve-room.ts';
import { makeStubRoom, type StubRoom } from '@holdfast/conformance/stub-servers/stub-room.ts';
import type { StubServer } from '@holdfast/conformance/stub-servers/stub-server.ts';
import { registerUser, type TestUser } from '@holdfast/homeserver/testing/test-user.ts';
import type { BuiltEvent } from '@holdfast/protocol/events/build-event.ts';
import { roomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import type { Figure } from '../../figure-table.ts';
import { sampleText, seededRandomness } from '../../load/sample-text.ts';
import { watchEventLoop } from '../event-loop-delay.ts';
import type { FederationRun, FederationScenario } from '../federation-run.ts';
import { joinThrough, readMessageIds, waitForEvent } from '../send-and-wait.ts';

interface Origin {
  readonly stub: StubServer;
  readonly room: StubRoom;
  readonly messages: readonly BuiltEvent[];
}

/** One less than a transaction may have, so that a forged one goes along with the first. */
const transactionPdus = 49;
const patienceMs = 300_000;
const membersEach = 5;

/** Servers that send messages as fast as they are taken in, each into a room of its own, one transaction at a time. */
export const receive: FederationScenario = {
  name: 'receive',
  async measure(run) {
    const count = run.sizes.receivedMessages[run.peer];
    const one = await measureOrigins(run, 1, count, 'receiveOne');
    const many = await measureOrigins(run, run.sizes.origins, count, 'receiveMany');
    return [...one, ...many];
  },
};

async function measureOrigins(
  run: FederationRun,
  originCount: number,
  messageCount: number,
  key: string,
): Promise<Figure[]> {
  const server = await run.startServer(run.peer);
  const user = await registerUser(server.baseUrl, 'reader');
  const each = Math.ceil(messageCount / originCount);
  const origins: Origin[] = [];
  for (let index = 0; index < originCount; index++) origins.push(await makeOrigin(run, user, each));
  const endWatch = await watchEventLoop(server, `${key}LoopMs`);
  const startMs = performance.now();
  await Promise.all(origins.map((origin) => sendAll(origin, server.serverName, user)));
  const seconds = (performance.now() - startMs) / 1000;
  const loop = await endWatch();
  for (const origin of origins) await checkReceived(user, origin);
  const rate = (each * originCount) / seconds;
  run.log(`${each * originCount} messages of ${originCount} servers in ${seconds.toFixed(1)} s: ${rate.toFixed(0)}/s`);
  return [{ key, value: rate }, ...loop];
}

async function makeOrigin(run: FederationRun, user: TestUser, messageCount: number): Promise<Origin> {
  const rules = roomVersionRules('10');
  if (rules === undefined) throw new Error('no room version 10');
  const stub = await run.startStub();
  const room = makeStubRoom(rules, [stub.key], { members: membersEach, otherState: 0 });
  stub.handlers.push(serveRoom(room, stub.name, { partialState: false }), takeTransaction);
  await joinThrough(user, room.roomId, stub.name);
  const random = seededRandomness(7);
  const messages = Array.from({ length: messageCount }, (_, index) => {
    const sender = `@member-${index % membersEach}:${stub.name}`;
    return room.append(
      { type: 'm.room.message', sender, content: { msgtype: 'm.text', body: sampleText(random) } },
      stub.key,
    );
  });
  return { stub, room, messages };
}

const takeTransaction = ({ path }: { path: string }) =>
  path.startsWith('/_matrix/federation/v1/send/') ? { body: { pdus: {} } } : undefined;

/**
 * Goes on when the last message of a transaction can be read: Synapse answers before it has worked on the events, and drops
 * what piles up meanwhile.
 */
async function sendAll({ stub, room, messages }: Origin, serverName: string, user: TestUser): Promise<void> {
  const forged = forge(stub, room);
  for (let from = 0; from < messages.length; from += transactionPdus) {
    const sent = messages.slice(from, from + transactionPdus);
    const pdus = sent.map(({ pduJson }) => pduJson);
    // Who does not check signatures takes this one, and is found out.
    if (from === 0) pdus.push(forged.pduJson);
    const body = `{"edus":[],"origin":"${stub.name}","origin_server_ts":${Date.now()},"pdus":[${pdus.join(',')}]}`;
    for (;;) {
      const { status, text } = await stub.ask(serverName, 'PUT', `/_matrix/federation/v1/send/t${from}`, body);
      if (status === 200) break;
      // Told to come back later.
      if (status !== 429 && status !== 503) throw new Error(`a transaction was answered with ${status}: ${text}`);
    }
    await waitForEvent(user, room.roomId, sent.at(-1)?.eventId ?? '', patienceMs);
  }
}

/** An event whose signature is of other bytes. */
function forge(stub: StubServer, room: StubRoom): BuiltEvent {
  const draft = {
    type: 'm.room.message',
    sender: `@member-0:${stub.name}`,
    content: { body: 'forged', msgtype: 'm.text' },
  };
  const event = room.build(draft, stub.key, room.newest);
  const signature = event.pdu.signatures?.[stub.name]?.[stub.key.keyId] ?? '';
  const other = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
  return { ...event, pduJson: event.pduJson.replace(signature, () => other) };
}

/** Exactly what was sent, in its order. */
async function checkReceived(user: TestUser, { messages, room }: Origin): Promise<void> {
  const read = (await readMessageIds(user, room.roomId)).toReversed();
  const sent = messages.map(({ eventId }) => eventId);
  const [seen, wanted] = [new Set(read), new Set(sent)];
  const missing = sent.flatMap((eventId, index) => (seen.has(eventId) ? [] : [index]));
  const foreign = read.filter((eventId) => !wanted.has(eventId)).length;
  const text = `${missing.length} of ${sent.length} missing (${missing.slice(0, 5).join(', ')} ...), ${foreign} foreign`;
  assert.ok(missing.length === 0 && foreign === 0, text);
  assert.ok(
    read.every((eventId, index) => eventId === sent[index]),
    'every message once and in its order',
  );
}
