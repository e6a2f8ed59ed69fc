import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setAccountFlags } from '../accounts/moderate-account.ts';
import {
  fakeRegistration,
  makeRegistrationFiles,
  type RegistrationFiles,
} from '../testing/application-service-files.ts';
import {
  type Behaviour,
  type FakeApplicationService,
  startFakeApplicationService,
} from '../testing/start-fake-application-service.ts';
import { startTestHomeserver, type TestHomeserver } from '../testing/start-test-homeserver.ts';
import { type AnyJson, registerUser, request, type TestUser } from '../testing/test-user.ts';
import { wakeAppserviceCommand } from './delivery/queue-commands.ts';
import { homeShardOf, queueOwners } from './delivery/queue-owners.ts';
import { tellHeardFromAppservice } from './delivery/tell-heard-from.ts';
import { applicationServices } from './registrations/application-services.ts';

let files: RegistrationFiles;
let homeserver: TestHomeserver;
let alice: TestUser;
let admin: TestUser;
const services = new Map<string, FakeApplicationService>();
before(async () => {
  files = await makeRegistrationFiles();
  homeserver = await startTestHomeserver({ config: { 'application_services.folder': files.folder } });
  alice = await registerUser(homeserver.baseUrl, 'alice');
  admin = await registerUser(homeserver.baseUrl, 'admin');
  await setAccountFlags(homeserver.context, admin.userId, { isAdmin: true });
});
after(async () => {
  await homeserver.stop();
  for (const service of services.values()) await service.stop();
  await files.drop();
});

const v3 = '/_matrix/client/v3';

/** Registers a service, and waits until this process knows it. */
async function startService(id: string, more: object = {}): Promise<FakeApplicationService> {
  const service = await startFakeApplicationService();
  services.set(id, service);
  await files.put(`${id}.yaml`, fakeRegistration(id, { url: service.url, ...more }));
  const known = applicationServices.of(homeserver.context);
  while (!known.find(id)) await new Promise<void>((resolve) => known.subscribe(resolve));
  return service;
}

const as = async (id: string, method: string, path: string, body: object = {}, userId?: string) => {
  const query = userId === undefined ? '' : `?user_id=${encodeURIComponent(userId)}`;
  const reply = await request(homeserver.baseUrl, method, v3 + path + query, { token: `as-token-of-${id}`, body });
  assert.ok(reply.status < 300, `${path}: ${JSON.stringify(reply.body)}`);
  return reply.body;
};

/** A room of alice's which the sender of a service has joined. */
async function makeBridgedRoom(id: string): Promise<string> {
  const { room_id: roomId } = await alice.call('POST', `${v3}/createRoom`, { preset: 'public_chat' });
  await as(id, 'POST', `/rooms/${encodeURIComponent(roomId)}/join`);
  return roomId;
}

let said = 0;
async function say(roomId: string, body: string): Promise<string> {
  const path = `${v3}/rooms/${encodeURIComponent(roomId)}/send/m.room.message/${said++}`;
  return (await alice.call('PUT', path, { body, msgtype: 'm.text' })).event_id;
}

const bodies = (service: FakeApplicationService) =>
  service.events().flatMap((event) => (event.type === 'm.room.message' ? [event.content.body as string] : []));
const hasSaid = (service: FakeApplicationService, body: string) =>
  service.waitFor(() => bodies(service).includes(body));
const heard = (id: string) => tellHeardFromAppservice(homeserver.context, id, true);

test('when a service last asked for something is told to whoever watches', async () => {
  const id = 'heard';
  await startService(id);
  const read = async () => {
    const { body } = await homeserver.context.metrics.expose();
    return Number(/^holdfast_appservice_last_heard_timestamp_seconds{service="heard"} (\S+)/m.exec(body)?.[1]);
  };
  assert.ok(Number.isNaN(await read()));
  const beforeMs = homeserver.context.clock.wallMs();
  await as(id, 'POST', '/createRoom');
  assert.ok((await read()) * 1000 >= beforeMs);
});

test('a service is sent what happens in the rooms of its users, as clients see it, and nothing else', async () => {
  const service = await startService('first');
  const roomId = await makeBridgedRoom('first');
  const { room_id: other } = await alice.call('POST', `${v3}/createRoom`, {});
  await say(other, 'not for you');
  const eventId = await say(roomId, 'hello');
  await hasSaid(service, 'hello');
  assert.deepEqual(bodies(service), ['hello']);
  const event = service.events().find((one) => one.event_id === eventId);
  assert.deepEqual(
    [event.room_id, event.sender, event.type, typeof event.origin_server_ts, typeof event.unsigned.age],
    [roomId, alice.userId, 'm.room.message', 'number', 'number'],
  );
  assert.equal(service.transactions[0]?.authorization, 'Bearer hs-token-of-first');
  assert.ok(!service.transactions[0]?.url.includes('token'));
});

test('a service is told of its users until they have left, with the leaving, and not after it', async () => {
  const service = await startService('leaver');
  const roomId = await makeBridgedRoom('leaver');
  await hasMember(service, roomId, 'join');
  await as('leaver', 'POST', `/rooms/${encodeURIComponent(roomId)}/leave`);
  await say(roomId, 'after that');
  const again = await makeBridgedRoom('leaver');
  await say(again, 'elsewhere');
  await hasSaid(service, 'elsewhere');
  await hasMember(service, roomId, 'leave');
  assert.deepEqual(bodies(service), ['elsewhere']);
});

const hasMember = (service: FakeApplicationService, roomId: string, membership: string) =>
  service.waitFor(() =>
    service.events().some((one) => one.room_id === roomId && one.content.membership === membership),
  );

test('what happened while a service was away is what it was told of when it is back: once, in order', async () => {
  const service = await startService('away');
  const roomId = await makeBridgedRoom('away');
  await hasMember(service, roomId, 'join');
  service.behaviour = 'refuse';
  const before = service.transactions.length;
  const wanted = Array.from({ length: 30 }, (_, index) => `message ${index}`);
  for (const body of wanted) await say(roomId, body);
  await service.waitFor(() => service.transactions.length > before);
  // It left while it was away: it was there when these were said.
  await as('away', 'POST', `/rooms/${encodeURIComponent(roomId)}/leave`);
  await say(roomId, 'not any more');
  const other = await makeBridgedRoom('away');
  await say(other, 'last');
  service.behaviour = 'well';
  heard('away');
  await hasSaid(service, 'last');
  assert.deepEqual(bodies(service), [...wanted, 'last']);
});

test('a transaction is the same until it is acknowledged, also after its process was replaced', async () => {
  const service = await startService('kept');
  const roomId = await makeBridgedRoom('kept');
  await hasMember(service, roomId, 'join');
  service.behaviour = 'refuse';
  const before = service.transactions.length;
  await say(roomId, 'once');
  await service.waitFor(() => service.transactions.length > before);
  const { context } = await homeserver.restart();
  homeserver = { ...homeserver, context };
  await service.waitFor(() => service.transactions.length > before + 1);
  await say(roomId, 'twice');
  service.behaviour = 'well';
  // Its first call of the new process ends the waiting.
  await as('kept', 'PUT', '/presence/%40keptbot%3Atest.example/status', { presence: 'online' });
  await hasSaid(service, 'twice');
  const [first, second] = service.transactions.slice(before);
  assert.deepEqual([second?.url, second?.text], [first?.url, first?.text]);
  assert.deepEqual(bodies(service), ['once', 'twice']);
});

for (const behaviour of ['refuse', 'redirect', 'hang', 'endless', 'short', 'flood', 'drop', 'babble'] as Behaviour[]) {
  test(`a service that does "${behaviour}" gets everything once it does well, and holds up nobody`, async () => {
    const service = await startService(`bad${behaviour}`);
    const well = await startService(`good${behaviour}`);
    const roomId = await makeBridgedRoom(`bad${behaviour}`);
    await as(`good${behaviour}`, 'POST', `/rooms/${encodeURIComponent(roomId)}/join`);
    await hasMember(service, roomId, 'join');
    service.behaviour = behaviour;
    const before = service.transactions.length;
    await say(roomId, 'one');
    await service.waitFor(() => service.transactions.length > before);
    await say(roomId, 'two');
    await hasSaid(well, 'two');
    assert.ok(!bodies(service).includes('one'));
    service.behaviour = 'well';
    // Who hangs is waited for until the deadline; the restart of its service breaks the connection.
    if (behaviour === 'hang' || behaviour === 'endless') await restartService(service, `bad${behaviour}`);
    const current = services.get(`bad${behaviour}`) as FakeApplicationService;
    heard(`bad${behaviour}`);
    await hasSaid(current, 'two');
    assert.deepEqual(bodies(current), ['one', 'two']);
  });
}

test('what was lost on its way to a service, while it was heard from, is sent again without a long pause', async () => {
  const service = await startService('lossy');
  const roomId = await makeBridgedRoom('lossy');
  await hasMember(service, roomId, 'join');
  const { shardLog } = homeserver.context;
  const hear = () => shardLog.submit(wakeAppserviceCommand, homeShardOf(homeserver.context, 'lossy'), { id: 'lossy' });
  const queue = () => queueOwners.of(homeserver.context).owner?.find('lossy');
  const failAgain = async () => {
    const failures = queue()?.failures ?? 0;
    await hear();
    while ((queue()?.failures ?? 0) <= failures || queue()?.retryInMs === null) await new Promise(setImmediate);
  };
  service.behaviour = 'drop';
  await say(roomId, 'lost');
  for (let failure = 0; failure < 7; failure++) await failAgain();
  assert.ok((queue()?.retryInMs ?? 0) > 10_000, 'a service that is not heard from is left alone');
  service.behaviour = 'hang';
  const before = service.transactions.length;
  await hear();
  await service.waitFor(() => service.transactions.length > before);
  await hear();
  await service.stop();
  while (queue()?.retryInMs === null) await new Promise(setImmediate);
  assert.ok((queue()?.retryInMs ?? Number.POSITIVE_INFINITY) <= 1_000);
});

test('a service that is well and refuses one transaction for half an hour is tried no more until it pings', async () => {
  const service = await startService('poisoned');
  const roomId = await makeBridgedRoom('poisoned');
  await hasMember(service, roomId, 'join');
  service.answer = ({ url }) => (url.endsWith('/ping') ? {} : undefined);
  service.behaviour = 'refuse';
  await say(roomId, 'bitter');
  const { context } = homeserver;
  const queue = queueOwners.of(context).owner?.find('poisoned');
  const wake = () =>
    context.shardLog.submit(wakeAppserviceCommand, homeShardOf(context, 'poisoned'), { id: 'poisoned' });
  await service.waitFor(() => service.transactions.some(({ text }) => text.includes('bitter')));
  // As if it had gone on like this for half an hour.
  const attempt = { transaction: queue?.pending?.number ?? 0, status: 500 };
  const halfAnHourAgoMs = context.clock.monotonicMs() - 30 * 60_000;
  queue?.poison.release();
  for (let times = 0; times < 20; times++) await queue?.poison.note(attempt, halfAnHourAgoMs, async () => false);
  await wake();
  const status = () => admin.call('GET', '/_holdfast/v1/admin/appservices');
  for (;;) {
    const { appservices } = await status();
    const found = appservices.find(({ id }: AnyJson) => id === 'poisoned');
    if (found.paused_by === 'itself' && found.retry_in_ms > 60_000) break;
    await context.clock.sleep(20);
  }
  await wake();
  assert.ok((queue?.retryInMs ?? 0) > 60_000, 'what it says otherwise is no reason to try again');
  const stored = async () => {
    const [row] = await context.database`
      SELECT held_transaction = transaction_number AS held FROM application_service_queue WHERE id = 'poisoned'`;
    return row?.['held'] as boolean | null;
  };
  while (!(await stored())) await context.clock.sleep(20);
  const attempts = service.transactions.length;
  // As the next owner of the shard does, or this process when it starts again.
  await queueOwners.of(context).owner?.open(homeShardOf(context, 'poisoned'), -1);
  const next = queueOwners.of(context).owner?.find('poisoned');
  assert.notEqual(next, queue);
  assert.equal(next?.poison.isHeld, true);
  await service.waitFor(() => service.transactions.length > attempts);
  while ((next?.retryInMs ?? 0) <= 60_000) await context.clock.sleep(20);
  assert.equal((await status()).appservices.find(({ id }: AnyJson) => id === 'poisoned').paused_by, 'itself');
  service.behaviour = 'well';
  const ping = '/_matrix/client/v1/appservice/poisoned/ping';
  await request(homeserver.baseUrl, 'POST', ping, { token: 'as-token-of-poisoned', body: {} });
  await hasSaid(service, 'bitter');
  const last = () => queueOwners.of(context).owner?.find('poisoned');
  while (last()?.poison.isHeld !== false) await new Promise(setImmediate);
  while ((await stored()) !== null) await context.clock.sleep(20);
  assert.equal((await status()).appservices.find(({ id }: AnyJson) => id === 'poisoned').paused_by, null);
});

/** On the same port, with nothing of what it knew. */
async function restartService(service: FakeApplicationService, id: string): Promise<void> {
  await service.stop();
  services.set(id, await startFakeApplicationService(Number(new URL(service.url).port)));
}

test('a service whose registration was removed is sent nothing more, and goes on there when it is registered again', async () => {
  const service = await startService('back');
  const roomId = await makeBridgedRoom('back');
  await hasMember(service, roomId, 'join');
  service.behaviour = 'hang';
  const before = service.transactions.length;
  await say(roomId, 'while it hung');
  await service.waitFor(() => service.transactions.length > before);
  const known = applicationServices.of(homeserver.context);
  const until = async (isKnown: boolean) => {
    while (Boolean(known.find('back')) !== isKnown) await new Promise<void>((resolve) => known.subscribe(resolve));
  };
  await files.remove('back.yaml');
  await until(false);
  service.behaviour = 'well';
  const witness = await startService('witness');
  await as('witness', 'POST', `/rooms/${encodeURIComponent(roomId)}/join`);
  await say(roomId, 'while it was not registered');
  await hasSaid(witness, 'while it was not registered');
  // What a queue that goes on all the same does after a second, the newer service is told after that.
  await new Promise<void>((resolve) => homeserver.context.clock.startTimer(1_100, resolve));
  await say(roomId, 'after a while');
  await hasSaid(witness, 'after a while');
  assert.deepEqual(bodies(service), []);
  await files.put('back.yaml', fakeRegistration('back', { url: service.url }));
  await until(true);
  await hasSaid(service, 'after a while');
  assert.deepEqual(bodies(service), ['while it hung', 'while it was not registered', 'after a while']);
});

test('a service that knows the former paths alone is sent its transactions there', async () => {
  const service = await startService('old');
  const roomId = await makeBridgedRoom('old');
  await hasMember(service, roomId, 'join');
  service.behaviour = 'old';
  const before = service.transactions.length;
  await say(roomId, 'one');
  await hasSaid(service, 'one');
  await say(roomId, 'two');
  await hasSaid(service, 'two');
  const paths = service.transactions.slice(before).map(({ url }) => url.replaceAll(/\d+/g, 'N').replace(/=.*$/, ''));
  assert.deepEqual(paths, ['/_matrix/app/vN/transactions/N', ...Array<string>(2).fill('/transactions/N?access_token')]);
  // It was updated.
  service.behaviour = 'well';
  await say(roomId, 'three');
  await hasSaid(service, 'three');
  assert.deepEqual(bodies(service), ['one', 'two', 'three']);
});

test('typing, receipts, presence and messages to devices are for those who asked for them', async () => {
  const service = await startService('live', { receive_ephemeral: true });
  const quiet = await startService('quiet');
  const roomId = await makeBridgedRoom('live');
  await as('quiet', 'POST', `/rooms/${encodeURIComponent(roomId)}/join`);
  const room = `${v3}/rooms/${encodeURIComponent(roomId)}`;
  await alice.call('PUT', `${room}/typing/${alice.userId}`, { typing: true, timeout: 30_000 });
  const has = (type: string) => service.waitFor(() => service.all('ephemeral').find((one) => one.type === type));
  const typing = await has('m.typing');
  assert.deepEqual(typing, { content: { user_ids: [alice.userId] }, type: 'm.typing', room_id: roomId });
  const eventId = await say(roomId, 'read this');
  await alice.call('POST', `${room}/receipt/m.read/${encodeURIComponent(eventId)}`, {});
  const receipt = await has('m.receipt');
  assert.deepEqual([receipt.room_id, Object.keys(receipt.content[eventId]['m.read'])], [roomId, [alice.userId]]);
  await alice.call('PUT', `${v3}/presence/${alice.userId}/status`, { presence: 'unavailable' });
  assert.equal((await has('m.presence')).sender, alice.userId);
  await as('live', 'PUT', '/devices/BOT', { display_name: 'Bot' });
  const messages = { '@livebot:test.example': { BOT: { a: 1 } } };
  await alice.call('PUT', `${v3}/sendToDevice/org.example/1`, { messages });
  const message = await service.waitFor(() => service.all('to_device')[0]);
  assert.deepEqual(message, {
    ...{ type: 'org.example', sender: alice.userId, content: { a: 1 } },
    ...{ to_user_id: '@livebot:test.example', to_device_id: 'BOT' },
  });
  await hasSaid(quiet, 'read this');
  assert.deepEqual([...quiet.all('ephemeral'), ...quiet.all('to_device')], []);
});

test('changed device lists and what is left of keys are for those who asked for them', async () => {
  const service = await startService('keys', { receive_ephemeral: true, 'org.matrix.msc3202': true });
  const roomId = await makeBridgedRoom('keys');
  await say(roomId, 'hello');
  await hasSaid(service, 'hello');
  await alice.call('PUT', `${v3}/devices/${alice.deviceId}`, { display_name: 'New name' });
  const lists = () => service.transactions.flatMap(({ body }) => body.device_lists?.changed ?? []);
  await service.waitFor(() => lists().includes(alice.userId));
  await as('keys', 'PUT', '/devices/BOT', {});
  const keys = { one_time_keys: { 'signed_curve25519:AAAAAA': { key: 'k', signatures: {} } } };
  const path = `${v3}/keys/upload?device_id=BOT`;
  const reply = await request(homeserver.baseUrl, 'POST', path, { token: 'as-token-of-keys', body: keys });
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  const counts = await service.waitFor(() => {
    const found = service.transactions.find(({ body }) => body.device_one_time_keys_count);
    return found?.body.device_one_time_keys_count['@keysbot:test.example'];
  });
  assert.deepEqual(counts, { BOT: { signed_curve25519: 1 } });
});

test('messages to devices are kept until the service has them, and after that for those who sync', async () => {
  const service = await startService('crypt', { receive_ephemeral: true, 'org.matrix.msc3202': true });
  const syncing = await startService('syncing', { receive_ephemeral: true });
  for (const id of ['crypt', 'syncing']) await as(id, 'PUT', '/devices/BOT', {});
  const inbox = async (id: string) => {
    const userId = `@${id}bot:test.example`;
    const [row] = await homeserver.context.database`
      SELECT count(*)::int AS count FROM inbox_message WHERE user_id = ${userId}`;
    return row?.['count'] as number;
  };
  service.behaviour = 'refuse';
  const send = async (number: number) => {
    const message = { BOT: { number } };
    const messages = { '@cryptbot:test.example': message, '@syncingbot:test.example': message };
    await alice.call('PUT', `${v3}/sendToDevice/org.example/crypt${number}`, { messages });
  };
  await send(1);
  await send(2);
  await service.waitFor(() => service.transactions.length > 0);
  assert.deepEqual([await inbox('crypt'), await inbox('syncing')], [2, 2]);
  service.behaviour = 'well';
  heard('crypt');
  await service.waitFor(() => service.all('to_device').length === 2);
  await syncing.waitFor(() => syncing.all('to_device').length === 2);
  while ((await inbox('crypt')) > 0) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(await inbox('syncing'), 2);
  assert.deepEqual(
    service.all('to_device').map(({ content }) => content.number),
    [1, 2],
  );
});
