import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { completePartialRoom } from '../../../rooms/remote/complete-partial-room.ts';
import { partialRoomsOf } from '../../../rooms/remote/partial-rooms.ts';
import { readEventById } from '../../../storage/rooms/read-events.ts';
import { type PartialRoom, readPartialRooms } from '../../../storage/rooms/read-partial-rooms.ts';
import { joinFakeMember } from '../../../testing/join-fake-member.ts';
import { type FakeAnswer, startFakeServer } from '../../../testing/start-fake-server.ts';
import { type FederatedHomeserver, startFederatedHomeservers } from '../../../testing/start-federated-homeservers.ts';
import { syncClient } from '../../../testing/sync-client.ts';
import { type AnyJson, registerUser, type TestUser } from '../../../testing/test-user.ts';

/** More members than are told at once. */
const memberCount = 40;
/** Where nobody listens. */
const closedPort = 9;
const client = '/_matrix/client/v3';
const inRoom = (roomId: string, rest: string) => `${client}/rooms/${encodeURIComponent(roomId)}${rest}`;

/**
 * A room of one.test in which three.test is. Bob's server two.test joins through one.test; then one.test goes away for
 * good, before three.test has heard of the join.
 */
class LostResident {
  readonly #federation;
  readonly one: FederatedHomeserver;
  readonly two: FederatedHomeserver;
  readonly three: FederatedHomeserver;
  readonly members: readonly TestUser[];
  readonly bob: TestUser;
  readonly carol: TestUser;
  readonly roomId: string;
  #threePort = 0;
  #messages = 0;
  #isGone = false;
  readonly #stops: (() => Promise<void>)[] = [];

  private constructor(given: {
    readonly federation: Awaited<ReturnType<typeof startFederatedHomeservers>>;
    readonly members: readonly TestUser[];
    readonly bob: TestUser;
    readonly carol: TestUser;
    readonly roomId: string;
  }) {
    this.#federation = given.federation;
    [this.one, this.two, this.three] = given.federation.homeservers as [
      FederatedHomeserver,
      FederatedHomeserver,
      FederatedHomeserver,
    ];
    this.members = given.members;
    this.bob = given.bob;
    this.carol = given.carol;
    this.roomId = given.roomId;
  }

  static async start(t: TestContext): Promise<LostResident> {
    const federation = await startFederatedHomeservers({ servers: 3 });
    const [one, two, three] = federation.homeservers.map(({ baseUrl }) => baseUrl) as [string, string, string];
    const names = Array.from({ length: memberCount }, (_, index) => `member${index}`);
    const members = await Promise.all(names.map((name) => registerUser(one, name)));
    const [bob, carol] = await Promise.all([registerUser(two, 'bob'), registerUser(three, 'carol')]);
    const created = await members[0]?.call('POST', `${client}/createRoom`, { preset: 'public_chat' });
    const roomId = created?.room_id as string;
    await Promise.all(members.slice(1).map((member) => member.call('POST', inRoom(roomId, '/join'), {})));
    await carol.call('POST', `${client}/join/${encodeURIComponent(roomId)}?via=one.test`, {});
    await carol.call('GET', inRoom(roomId, '/joined_members'));
    const stage = new LostResident({ federation, members, bob, carol, roomId });
    t.after(() => stage.stop());
    return stage;
  }

  async say(user: TestUser, body: string): Promise<string> {
    const { event_id: eventId } = await user.call(
      'PUT',
      inRoom(this.roomId, `/send/m.room.message/${this.#messages++}`),
      { body },
    );
    return eventId;
  }

  async waitFor(user: TestUser, eventId: string): Promise<void> {
    const isIt = (event: AnyJson) => event['event_id'] === eventId;
    await syncClient(user).until(({ rooms }) => rooms?.join?.[this.roomId]?.timeline.events.some(isIt));
  }

  /** A user of a further server, whose messages come after any event and go to one.test and three.test. */
  async addFakeMember() {
    const fake = await startFakeServer(this.#federation.network, 'fake.test');
    this.#stops.push(() => fake.stop());
    const { userId, say } = await joinFakeMember(this.one.context, fake, this.roomId);
    return {
      userId,
      say: async (text: string, after: string) => {
        const { eventId, pdu } = await say(text, { prevEventIds: [after] });
        const body = { origin: 'fake.test', origin_server_ts: 1, pdus: [pdu as unknown as JsonObject], edus: [] };
        for (const { baseUrl, serverName } of [this.one, this.three]) {
          const reply = await fake.send(baseUrl, serverName, 'PUT', '/_matrix/federation/v1/send/1', body);
          assert.deepEqual(reply.body.pdus, { [eventId]: {} });
        }
      },
    };
  }

  /** From here on one.test cannot reach three.test; the other way round all works. */
  async cutOff(): Promise<void> {
    const { tlsUrl } = await this.three.restart();
    this.#threePort = Number(new URL(tlsUrl ?? '').port);
    this.#federation.network.addServer('three.test', closedPort);
  }

  reachAgain(): void {
    this.#federation.network.addServer('three.test', this.#threePort);
  }

  /** Bob joins, and nobody looks for the members yet. */
  async join(): Promise<void> {
    partialRoomsOf(this.two.context).close();
    await this.bob.call('POST', `${client}/join/${encodeURIComponent(this.roomId)}?via=one.test`, {});
  }

  /** From here on others reach one.test through something that breaks off its reply to a join in the middle. */
  async breakOff(): Promise<void> {
    const { baseUrl } = this.one;
    const proxy = await startFakeServer(this.#federation.network, 'one.test');
    const pass: FakeAnswer = async (response, { method, url, headers, body }) => {
      const { authorization = '' } = headers;
      const json = body && {
        body: JSON.stringify(body),
        headers: { authorization, 'Content-Type': 'application/json' },
      };
      const asked = fetch(`${baseUrl}${url}`, { method, headers: { authorization }, ...json });
      const reply = await asked.catch(() => undefined);
      if (!reply) return void response.destroy();
      const text = await reply.text();
      const isJoin = url.includes(`send_join/${encodeURIComponent(this.roomId)}`);
      response.writeHead(reply.status, {
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(text),
      });
      if (!isJoin) return void response.end(text);
      response.write(text.slice(0, text.length / 2));
      this.reachAgain();
      response.destroy();
      return undefined;
    };
    proxy.answer('/_matrix/', pass);
    proxy.answer('/_matrix/key/v2/server', pass);
    this.#stops.push(() => proxy.stop());
  }

  async loseOne(): Promise<void> {
    await this.one.stop();
    this.#isGone = true;
    this.#federation.network.addServer('one.test', closedPort);
    this.reachAgain();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#isGone ? undefined : this.one.stop(), this.two.stop(), this.three.stop()]);
    for (const stop of this.#stops) await stop();
  }

  async joinedFor(user: TestUser): Promise<string[]> {
    return Object.keys((await user.call('GET', inRoom(this.roomId, '/joined_members'))).joined).sort();
  }

  /** What Bob's server has of the room that is not whole. */
  async partialRoom(): Promise<PartialRoom> {
    const [partial] = await readPartialRooms(this.two.context);
    assert.ok(partial);
    return partial;
  }

  /** Bob's server knows all members, Carol's knows Bob, and they hear each other. */
  async checkTalk({ came, left }: { readonly came?: string; readonly left?: string } = {}): Promise<void> {
    const users = [...this.members, this.bob, this.carol].map(({ userId }) => userId);
    const everybody = [...users, ...(came === undefined ? [] : [came])].filter((userId) => userId !== left).sort();
    assert.deepEqual(await this.joinedFor(this.bob), everybody);
    await this.waitFor(this.bob, await this.say(this.carol, 'do you hear me'));
    await this.waitFor(this.carol, await this.say(this.bob, 'I do'));
    assert.deepEqual(await this.joinedFor(this.carol), everybody);
  }
}

test('a join whose server went away before it told anybody is completed through another one', async (t) => {
  const stage = await LostResident.start(t);
  await stage.cutOff();
  await stage.join();
  await stage.loseOne();
  await partialRoomsOf(stage.two.context).start();
  await stage.checkTalk();
});

test('so is one in which branches met, whose states only a server that knows the join can resolve', async (t) => {
  const stage = await LostResident.start(t);
  const [speaker, leaver] = stage.members as [TestUser, TestUser];
  const fork = await stage.addFakeMember();
  const start = await stage.say(speaker, 'before the branches');
  await leaver.call('POST', inRoom(stage.roomId, '/leave'), {});
  await stage.waitFor(stage.carol, await stage.say(speaker, 'on one branch'));
  await fork.say('on the other', start);
  await stage.cutOff();
  await stage.join();
  await stage.loseOne();
  const { joinEventId } = await stage.partialRoom();
  assert.equal((await readEventById(stage.two.context, joinEventId))?.pdu.prev_events.length, 2);
  await partialRoomsOf(stage.two.context).start();
  await stage.checkTalk({ came: fork.userId, left: leaver.userId });
});

test('a join that comes after what is lost with the server that took it is made once more, at last', async (t) => {
  const stage = await LostResident.start(t);
  await stage.cutOff();
  await stage.say(stage.members[0] as TestUser, 'nobody else will ever hear this');
  await stage.join();
  await stage.loseOne();
  const { context } = stage.two;
  const partial = await stage.partialRoom();
  await assert.rejects(completePartialRoom(context, partial, 'three.test'), { name: 'RemoteServerError' });
  await completePartialRoom(context, partial, 'three.test', true);
  await stage.checkTalk();
});

test('a join whose reply breaks off in the middle goes through another server', async (t) => {
  const stage = await LostResident.start(t);
  await stage.cutOff();
  await stage.breakOff();
  // Then the first server's key is known: for a while it is not asked for that either.
  const { room_id: other } = await (stage.members[0] as TestUser).call('POST', `${client}/createRoom`, {
    preset: 'public_chat',
  });
  await stage.bob.call('POST', `${client}/join/${encodeURIComponent(other)}?via=one.test`, {});
  const servers = 'via=one.test&via=three.test';
  await stage.bob.call('POST', `${client}/join/${encodeURIComponent(stage.roomId)}?${servers}`, {});
  await stage.checkTalk();
});
