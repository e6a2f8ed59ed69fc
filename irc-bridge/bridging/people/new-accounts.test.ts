import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { type Clock, systemClock } from '@holdfast/effects/clock.ts';
import { matrixMessage, openRoom, startTestBridge, type TestBridge } from '../../testing/start-test-bridge.ts';

let running: TestBridge | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

const minuteMs = 60_000;

/** A clock that can be put forward: what waits for a minute or longer waits for that. */
class ForwardClock implements Clock {
  #aheadMs = 0;
  #timers: { readonly atMs: number; readonly run: () => void }[] = [];
  wallMs = systemClock.wallMs;
  sleep = systemClock.sleep;

  monotonicMs(): number {
    return systemClock.monotonicMs() + this.#aheadMs;
  }

  startTimer(durationMs: number, run: () => void) {
    if (durationMs < minuteMs) return systemClock.startTimer(durationMs, run);
    const timer = { atMs: this.monotonicMs() + durationMs, run };
    this.#timers.push(timer);
    return { cancel: () => void (this.#timers = this.#timers.filter((one) => one !== timer)) };
  }

  advance(byMs: number): void {
    this.#aheadMs += byMs;
    const nowMs = this.monotonicMs();
    const due = this.#timers.filter(({ atMs }) => atMs <= nowMs);
    this.#timers = this.#timers.filter(({ atMs }) => atMs > nowMs);
    for (const { run } of due) run();
  }
}

async function start(most: number, network = ''): Promise<{ bridge: TestBridge; clock: ForwardClock; roomId: string }> {
  const clock = new ForwardClock();
  running = await startTestBridge(`max_new_accounts: ${most}\n${network}`, '', clock);
  return { bridge: running, clock, roomId: await openRoom(running) };
}

/** Resolves when the room has so many messages; gives them. */
async function heard({ homeserver }: TestBridge, roomId: string, count: number): Promise<string[]> {
  await homeserver.until(() => homeserver.messages(roomId).length >= count);
  return homeserver.messages(roomId);
}

function registered({ homeserver }: TestBridge): number {
  return homeserver.bodies.filter(({ body }) => /"irc_/.test(JSON.stringify(body)) && isRegistration(body)).length;
}

function isRegistration(body: unknown): boolean {
  return (body as { type?: unknown }).type === 'm.login.application_service';
}

const puppet = (nick: string) => `@irc_net_${nick}:example.org`;
const bot = '@ircbridge:example.org';

async function read(bridge: TestBridge, path: string): Promise<string> {
  const headers = { Authorization: 'Bearer status-token-status' };
  return (await fetch(`${bridge.url}${path}`, { headers })).text();
}

test('of more new nicks than accounts may be made the bot says what they say, in order, until there is room again', async () => {
  const { bridge, clock, roomId } = await start(2);
  for (const nick of ['n1', 'n2', 'n3', 'n4', 'N1']) bridge.irc.message('#room', nick, `I am ${nick}`);
  assert.deepEqual(await heard(bridge, roomId, 5), [
    `${puppet('n1')}: I am n1`,
    `${puppet('n2')}: I am n2`,
    `${bot}: <n3> I am n3`,
    `${bot}: <n4> I am n4`,
    `${puppet('n1')}: I am N1`,
  ]);
  assert.equal(registered(bridge), 2);
  const metrics = await read(bridge, '/metrics');
  for (const line of [
    'irc_bridge_relayed_total{network="net"} 2',
    'irc_bridge_new_accounts{network="net"} 2',
    'irc_bridge_new_accounts_bound{network="net"} 2',
  ]) {
    assert.ok(metrics.includes(line), line);
  }
  await bridge.transact('1', [matrixMessage(roomId, '!irc status')]);
  const status = (await heard(bridge, roomId, 6)).at(-1) ?? '';
  assert.match(status, /net: 2 accounts for new people in 60 min, 2 at most; for other new ones the bridge speaks/);
  clock.advance(61 * minuteMs);
  bridge.irc.message('#room', 'n3', 'now as myself');
  assert.equal((await heard(bridge, roomId, 7)).at(-1), `${puppet('n3')}: now as myself`);
});

test('a restart makes no room for more accounts', async () => {
  const { bridge, roomId } = await start(1);
  bridge.irc.message('#room', 'n1', 'a');
  await heard(bridge, roomId, 1);
  while (bridge.bridge.bridge.inbox.activeKeys > 0) await new Promise(setImmediate);
  await bridge.restart();
  bridge.irc.message('#room', 'n2', 'b');
  assert.deepEqual(await heard(bridge, roomId, 2), [`${puppet('n1')}: a`, `${bot}: <n2> b`]);
});

test('what the bot has begun to say stays its own, also when an account could be made before it is tried again', async () => {
  const { bridge, roomId } = await start(1);
  bridge.irc.message('#room', 'n1', 'a');
  await heard(bridge, roomId, 1);
  // The homeserver has taken the message and says nothing of it.
  bridge.homeserver.answerAfter = (asked) => (asked.includes('/send/') ? { status: 502, body: {} } : undefined);
  bridge.irc.message('#room', 'n2', 'b');
  await heard(bridge, roomId, 2);
  await bridge.bridge.bridge.context.sql`UPDATE puppet SET made_at = now() - interval '1 day'`;
  await bridge.restart();
  bridge.homeserver.answerAfter = () => undefined;
  bridge.irc.message('#room', 'n2', 'c');
  assert.deepEqual(await heard(bridge, roomId, 3), [`${puppet('n1')}: a`, `${bot}: <n2> b`, `${puppet('n2')}: c`]);
});

test('what somebody new says in private waits for its account, and who asks for somebody new is told so', async () => {
  const { bridge, clock, roomId } = await start(1, 'connections: personal');
  bridge.irc.message('#room', 'n1', 'a');
  await heard(bridge, roomId, 1);
  for (const text of ['p1', 'p2']) {
    bridge.irc.receive({
      ...{ kind: 'message', identity: text, channel: undefined, toUser: '@alice:example.org', nick: 'n2' },
      ...{ form: 'message', text, saidAtMs: 1 },
    });
  }
  await bridge.transact('1', [matrixMessage(roomId, '!irc msg net n3 hello')]);
  assert.match((await heard(bridge, roomId, 2)).at(-1) ?? '', /n3 is new to the bridge.*; in 60 min it does/);
  const asked = `${bridge.url}/_matrix/app/v1/users/${encodeURIComponent(puppet('n3'))}`;
  assert.equal((await fetch(asked, { headers: { Authorization: 'Bearer hs-token' } })).status, 404);
  assert.equal(registered(bridge), 1);
  const { homeserver } = bridge;
  while (!(await read(bridge, '/metrics')).includes('irc_bridge_retried_total{direction="irc_to_matrix"}')) {
    await new Promise(setImmediate);
  }
  clock.advance(61 * minuteMs);
  bridge.bridge.bridge.inbox.hurry();
  const inPrivate = await homeserver.until(() => {
    const said = homeserver.messages().filter((text) => text.startsWith(puppet('n2')));
    return said.length === 2 && said;
  });
  assert.deepEqual(inPrivate, [`${puppet('n2')}: p1`, `${puppet('n2')}: p2`]);
});

test('who says nothing has half of the accounts, and comes in when there are some again', async () => {
  const { bridge, clock, roomId } = await start(4, 'members: full');
  const nicks = ['s1', 's2', 's3', 's4'];
  const show = (present: readonly string[]) =>
    bridge.irc.channels.set(
      '#room',
      present.map((nick) => ({ nick, prefixes: '' })),
    );
  show(nicks);
  bridge.irc.receive({ kind: 'members', channel: '#room' });
  const members = () => [...(bridge.homeserver.members.get(roomId) ?? [])].filter((user) => user !== bot);
  await bridge.homeserver.until(() => members().length === 2);
  // Who comes in by itself holds up nobody, and who speaks is itself.
  bridge.irc.receive({ kind: 'join', channel: '#room', nick: 's5' });
  show([...nicks, 'speaker']);
  bridge.irc.message('#room', 'speaker', 'hi');
  assert.deepEqual(await heard(bridge, roomId, 1), [`${puppet('speaker')}: hi`]);
  assert.deepEqual([members().length, members().at(-1)], [3, puppet('speaker')]);
  while (bridge.bridge.bridge.people.queued > 0) await new Promise(setImmediate);
  clock.advance(61 * minuteMs);
  await bridge.homeserver.until(() => members().length === 5);
  assert.deepEqual(members().toSorted(), [...nicks, 'speaker'].map(puppet).toSorted());
});

test('a reaction of somebody new is told by the bot', async () => {
  const { bridge, roomId } = await start(1);
  bridge.irc.message('#room', 'n1', 'a', 'one');
  await heard(bridge, roomId, 1);
  bridge.irc.receive({ kind: 'reaction', channel: '#room', nick: 'n2', about: 'one', key: '+' });
  assert.equal((await heard(bridge, roomId, 2)).at(-1), `${bot}: <n2> reacted with +`);
  const { content } = bridge.homeserver.events.at(-1) ?? {};
  assert.deepEqual(content?.['m.relates_to'], { 'm.in_reply_to': { event_id: '$event0' } });
});

test('an account that the homeserver refuses takes no place', async () => {
  const { bridge, roomId } = await start(1);
  // The bot's own account is there.
  await bridge.homeserver.until(() => bridge.homeserver.requests.some((asked) => asked.endsWith('/register')));
  let refusals = 1;
  const refused = { status: 400, body: { errcode: 'M_INVALID_USERNAME', error: 'too long' } };
  bridge.homeserver.refuse = (asked) => (asked.endsWith('/register') && refusals-- > 0 ? refused : undefined);
  for (const nick of ['n1', 'n2', 'n3']) bridge.irc.message('#room', nick, nick);
  const said = [`${bot}: <n1> n1`, `${puppet('n2')}: n2`, `${bot}: <n3> n3`];
  assert.deepEqual(await heard(bridge, roomId, 3), said);
});
