import { setTimeout as delay } from 'node:timers/promises';
import { serveRoom } from '@holdfast/conformance/stub-servers/serve-room.ts';
import { makeStubRoom } from '@holdfast/conformance/stub-servers/stub-room.ts';
import { registerUser } from '@holdfast/homeserver/testing/test-user.ts';
import { type Pdu, referencedEventId } from '@holdfast/protocol/events/pdu.ts';
import { roomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import type { FederationScenario } from '../federation-run.ts';
import { joinThrough, sendText, waitForEvent } from '../send-and-wait.ts';

const patienceMs = 300_000;
const transactionPdus = 50;
const stateEvery = 5;

/** A room with many forward extremities, some of them with state of their own: how long until there is one again. */
export const forks: FederationScenario = {
  name: 'forks',
  async measure(run) {
    const rules = roomVersionRules('10');
    if (rules === undefined) throw new Error('no room version 10');
    const stub = await run.startStub();
    const room = makeStubRoom(rules, [stub.key], { members: 10, otherState: 0 });
    const loose = new Set<string>();
    stub.handlers.push(serveRoom(room, stub.name, { partialState: false }), ({ path, text }) => {
      if (!path.startsWith('/_matrix/federation/v1/send/')) return undefined;
      const { pdus } = JSON.parse(text) as { pdus: Pdu[] };
      for (const pdu of pdus) for (const reference of pdu.prev_events) loose.delete(referencedEventId(reference));
      return { body: { pdus: {} } };
    });
    const server = await run.startServer(run.peer);
    const user = await registerUser(server.baseUrl, 'healer');
    await joinThrough(user, room.roomId, stub.name);
    const base = room.newest;
    const branches = Array.from({ length: run.sizes.forks }, (_, index) => {
      const changesState = index % stateEvery === 0;
      const draft = changesState
        ? { type: 'org.example.fact', stateKey: `branch-${index % 50}`, content: { index } }
        : { type: 'm.room.message', content: { msgtype: 'm.text', body: `branch ${index}` } };
      return room.build({ ...draft, sender: `@maker:${stub.name}` }, stub.key, base);
    });
    for (const { eventId } of branches) loose.add(eventId);
    const startMs = performance.now();
    for (let from = 0; from < branches.length; from += transactionPdus) {
      const pdus = branches.slice(from, from + transactionPdus).map(({ pduJson }) => pduJson);
      const body = `{"edus":[],"origin":"${stub.name}","origin_server_ts":${Date.now()},"pdus":[${pdus.join(',')}]}`;
      const { status, text } = await stub.ask(server.serverName, 'PUT', `/_matrix/federation/v1/send/f${from}`, body);
      if (status !== 200) throw new Error(`a transaction was answered with ${status}: ${text}`);
    }
    for (const { eventId } of branches) await waitForEvent(user, room.roomId, eventId, patienceMs);
    const receivedSeconds = (performance.now() - startMs) / 1000;
    const healingMs = performance.now();
    while (loose.size > 0) {
      if (performance.now() - healingMs > patienceMs) throw new Error(`${loose.size} branches still hang loose`);
      await sendText(user, room.roomId, 'together again');
      await delay(50);
    }
    const healSeconds = (performance.now() - healingMs) / 1000;
    run.log(
      `${branches.length} branches received in ${receivedSeconds.toFixed(1)} s, healed in ${healSeconds.toFixed(1)} s`,
    );
    return [
      { key: 'forksReceivedSeconds', value: receivedSeconds },
      { key: 'forksHealedSeconds', value: healSeconds },
    ];
  },
};
