import { serveRoom } from '@holdfast/conformance/stub-servers/serve-room.ts';
import { makeStubRoom } from '@holdfast/conformance/stub-servers/stub-room.ts';
import { registerUser } from '@holdfast/homeserver/testing/test-user.ts';
import type { BuiltEvent } from '@holdfast/protocol/events/build-event.ts';
import { roomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import { watchEventLoop } from '../event-loop-delay.ts';
import type { FederatedServer, FederationScenario } from '../federation-run.ts';
import { joinThrough, waitForEvent } from '../send-and-wait.ts';

const patienceMs = 300_000;
const transactionPdus = 50;
const metric = 'holdfast_state_resolution_seconds';

/**
 * A room that was split in two, each side with its own value for each of many pieces of state, until a message joins the
 * two: through the server, with signatures, PostgreSQL and all. What is measured of Holdfast besides is the last resolution,
 * of all that differs, as it tells itself, with the reading of the events.
 */
export const conflict: FederationScenario = {
  name: 'conflict',
  async measure(run) {
    const rules = roomVersionRules('10');
    if (rules === undefined) throw new Error('no room version 10');
    const stub = await run.startStub();
    const room = makeStubRoom(rules, [stub.key], { members: 10, otherState: 0 });
    stub.handlers.push(serveRoom(room, stub.name, { partialState: false }), ({ path }) =>
      path.startsWith('/_matrix/federation/v1/send/') ? { body: { pdus: {} } } : undefined,
    );
    const server = await run.startServer(run.peer);
    const user = await registerUser(server.baseUrl, 'reader');
    await joinThrough(user, room.roomId, stub.name);
    const build = (type: string, stateKey: string | undefined, side: string, after: readonly BuiltEvent[]) => {
      const draft = { type, sender: `@maker:${stub.name}`, content: { side, body: side, msgtype: 'm.text' } };
      return room.build({ ...draft, ...(stateKey !== undefined && { stateKey }) }, stub.key, after);
    };
    const base = room.newest;
    const sides = ['left', 'right'].map((side) => {
      const events: BuiltEvent[] = [];
      for (let index = 0; index < run.sizes.conflicts / 2; index++) {
        events.push(build('org.example.fact', `fact-${index}`, side, index === 0 ? base : events.slice(-1)));
      }
      return events;
    });
    const [left = [], right = []] = sides;
    let transactions = 0;
    const send = async (events: readonly BuiltEvent[]) => {
      const pdus = events.map(({ pduJson }) => pduJson).join(',');
      const body = `{"edus":[],"origin":"${stub.name}","origin_server_ts":${Date.now()},"pdus":[${pdus}]}`;
      const path = `/_matrix/federation/v1/send/c${transactions++}`;
      const { status, text } = await stub.ask(server.serverName, 'PUT', path, body);
      if (status !== 200) throw new Error(`a transaction was answered with ${status}: ${text}`);
    };
    const sendAll = async (events: readonly BuiltEvent[]) => {
      for (let from = 0; from < events.length; from += transactionPdus) {
        await send(events.slice(from, from + transactionPdus));
      }
      const last = events.at(-1);
      if (last) await waitForEvent(user, room.roomId, last.eventId, patienceMs);
    };
    await sendAll(left);
    const endWatch = await watchEventLoop(server, 'conflictLoopMs');
    const startMs = performance.now();
    await sendAll(right.slice(0, -transactionPdus));
    const before = await readResolutions(server);
    await sendAll(right.slice(-transactionPdus));
    const after = await readResolutions(server);
    await sendAll([build('m.room.message', undefined, 'both', [...left.slice(-1), ...right.slice(-1)])]);
    const seconds = (performance.now() - startMs) / 1000;
    const count = after.count - before.count;
    const resolveMs = count > 0 ? ((after.sumSeconds - before.sumSeconds) / count) * 1000 : undefined;
    run.log(
      `${run.sizes.conflicts} conflicting events: the second side in ${seconds.toFixed(1)} s, ${after.count} resolutions in ${after.sumSeconds.toFixed(2)} s; the last ${count} in ${resolveMs?.toFixed(0)} ms each`,
    );
    return [
      { key: 'conflictSeconds', value: seconds },
      ...(resolveMs === undefined ? [] : [{ key: 'conflictResolveMs', value: resolveMs }]),
      ...(await endWatch()),
    ];
  },
};

/** What a server has told of its resolutions so far; nothing where it tells none. */
async function readResolutions({ baseUrl, metricsToken }: FederatedServer) {
  if (metricsToken === undefined) return { count: 0, sumSeconds: 0 };
  const reply = await fetch(`${baseUrl}/metrics`, { headers: { authorization: `Bearer ${metricsToken}` } });
  const text = await reply.text();
  const read = (suffix: string) => Number(text.match(new RegExp(`^${metric}_${suffix} (\\S+)`, 'm'))?.[1] ?? 0);
  return { count: read('count'), sumSeconds: read('sum') };
}
