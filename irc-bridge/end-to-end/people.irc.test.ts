import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { MatrixPerson } from '@holdfast/conformance/clients/matrix-person.ts';
import { openBridgeDatabase } from '../storage/open-bridge-database.ts';
import { linkOwnRoom } from '../testing/link-room.ts';
import { type BridgedWorld, startBridgedWorld } from '../testing/start-bridged-world.ts';
import { ircdNames } from '../testing/start-ircd.ts';

let world: BridgedWorld;
let alice: MatrixPerson;
before(async () => {
  world = await startBridgedWorld({
    variants: {
      relay: { connections: 'relay' },
      idle: { idle_disconnect_ms: 1_000 },
      present: { presence: true },
      few: { max_new_accounts: 2 },
    },
  });
  alice = await world.person('alice');
});
after(() => world.stop());

const levelsOf = (content: Readonly<Record<string, unknown>>) => content['users'] as Record<string, number>;

for (const name of ircdNames) {
  const puppet = (nick: string) => `@irc_${name}_${nick}:test.example`;
  const openRoom = async (channel: string, network: string = name) =>
    (await alice.client.joinRoom(`#irc_${network}_${channel}:test.example`)).roomId;

  test(`on ${name} modes are power levels, who may join and who may speak, and back`, async () => {
    const op = await world.irc(name, 'op');
    await op.join('#modes');
    const roomId = await openRoom('#modes');
    await alice.say(roomId, 'here I am');
    await op.wait(/here I am/);
    await alice.seeState(roomId, 'm.room.power_levels', (levels) => levelsOf(levels)[puppet('op')] === 50);
    op.send('MODE #modes +m');
    await alice.seeState(roomId, 'm.room.power_levels', ({ events_default }) => events_default === 1);
    op.send('MODE #modes -m+t');
    await alice.seeState(roomId, 'm.room.power_levels', ({ events_default }) => events_default === 0);
    op.send('MODE #modes +o alice[m]');
    const levels = await alice.seeState(roomId, 'm.room.power_levels', (now) => levelsOf(now)[alice.userId] === 50);
    const guest = await world.irc(name, 'guest');
    await guest.join('#modes');
    guest.send('PRIVMSG #modes :hello');
    await alice.hear(/^hello$/, roomId);
    const users = { ...levelsOf(levels), [puppet('guest')]: 50 };
    await alice.client.sendStateEvent(roomId, 'm.room.power_levels' as never, { ...levels, users } as never);
    await op.wait(/^:alice\[m\]!\S+ MODE #modes \+o :?guest/);
    await alice.client.sendStateEvent(roomId, 'm.room.join_rules' as never, { join_rule: 'invite' } as never);
    await op.wait(/^:alice\[m\]!\S+ MODE #modes :?\+i/);
    op.send('MODE #modes -i');
    await alice.seeState(roomId, 'm.room.join_rules', ({ join_rule }) => join_rule === 'public');
    await alice.client.sendStateEvent(roomId, 'm.room.topic' as never, { topic: 'a topic\nof Alice' } as never);
    assert.match(await op.wait(/TOPIC #modes/), /^:alice\[m\]!\S+ TOPIC #modes :a topic of Alice$/);
    op.send('TOPIC #modes :a topic of the operator');
    await alice.seeState(roomId, 'm.room.topic', ({ topic }) => topic === 'a topic of the operator');
  });

  test(`on ${name} kicks and bans reach the other side, and are taken back there`, async () => {
    const [op, guest] = [await world.irc(name, 'op2'), await world.irc(name, 'guest2')];
    for (const person of [op, guest]) await person.join('#kicks');
    const roomId = await openRoom('#kicks');
    await alice.say(roomId, 'here I am');
    await op.wait(/here I am/);
    op.send('MODE #kicks +o alice[m]');
    await alice.seeState(roomId, 'm.room.power_levels', (levels) => levelsOf(levels)[alice.userId] === 50);
    guest.send('PRIVMSG #kicks :hello');
    await alice.hear(/^hello$/, roomId);
    await alice.client.kick(roomId, puppet('guest2'), 'go');
    assert.match(await op.wait(/ KICK /), /^:alice\[m\]!\S+ KICK #kicks guest2 :.*go$/);
    await guest.join('#kicks');
    guest.send('PRIVMSG #kicks :hello again');
    await alice.hear(/hello again/, roomId);
    await alice.client.ban(roomId, puppet('guest2'), 'go away');
    await op.wait(/MODE #kicks \+b :?guest2!/);
    await op.wait(/ KICK #kicks guest2 /);
    await alice.client.unban(roomId, puppet('guest2'));
    await op.wait(/MODE #kicks -b :?guest2!/);
    op.send('KICK #kicks alice[m] :out with you');
    await alice.seeMembership(roomId, alice.userId, 'leave');
    await openRoom('#kicks');
    await alice.say(roomId, 'I am back');
    await op.wait(/I am back/);
    op.send('MODE #kicks +b alice[m]!*@*');
    await alice.seeMembership(roomId, alice.userId, 'ban');
    op.send('MODE #kicks -b alice[m]!*@*');
    await alice.seeMembership(roomId, alice.userId, 'leave');
  });

  test(`on ${name} who leaves, quits or is called otherwise does so on the other side`, async () => {
    const [op, guest] = [await world.irc(name, 'op3'), await world.irc(name, 'guest3')];
    for (const person of [op, guest]) await person.join('#leaving');
    const roomId = await openRoom('#leaving');
    guest.send('PRIVMSG #leaving :hello');
    await alice.hear(/^hello$/, roomId);
    guest.send('NICK guest4');
    await alice.seeMembership(roomId, puppet('guest3'), 'leave');
    guest.send('PRIVMSG #leaving :under a new name');
    assert.equal((await alice.hear(/under a new name/, roomId)).getSender(), puppet('guest4'));
    guest.send('PART #leaving :off');
    await alice.seeMembership(roomId, puppet('guest4'), 'leave');
    op.send('PRIVMSG #leaving :alone now');
    await alice.hear(/alone now/, roomId);
    op.send('QUIT :bye');
    await alice.seeMembership(roomId, puppet('op3'), 'leave');
    const watcher = await world.irc(name, 'watcher');
    await watcher.join('#leaving');
    await alice.say(roomId, 'me too');
    await watcher.wait(/me too/);
    await alice.client.leave(roomId);
    await watcher.wait(/^:alice\[m\]!\S+ PART :?#leaving/);
  });

  test(`on ${name} who changes its nick all the time is heard, and gets no more accounts than there may be`, async () => {
    const few = `${name}-few`;
    const flood = await world.irc(name, 'flood0');
    await flood.join('#flood');
    const roomId = await openRoom('#flood', few);
    const heard: string[] = [];
    for (const number of [0, 1, 2, 3]) {
      if (number > 0) {
        flood.send(`NICK flood${number}`);
        await flood.wait(new RegExp(` NICK :?flood${number}`));
      }
      flood.send(`PRIVMSG #flood :word ${number}`);
      const event = await alice.hear(new RegExp(`word ${number}$`), roomId);
      heard.push(`${event.getSender()}: ${event.getContent()['body']}`);
    }
    assert.deepEqual(heard, [
      `@irc_${few}_flood0:test.example: word 0`,
      `@irc_${few}_flood1:test.example: word 1`,
      '@ircbridge:test.example: <flood2> word 2',
      '@ircbridge:test.example: <flood3> word 3',
    ]);
    const status = await world.untilStatus(({ networks }) => networks.some(({ id }) => id === few));
    assert.equal(status.networks.find(({ id }) => id === few)?.newAccounts.made, 2);
  });

  test(`on ${name} an upgraded room is followed, at once or when the bot is invited there`, async () => {
    const op = await world.irc(name, 'op5');
    await op.join('#upgraded');
    const isPublic = name === 'ngircd';
    const roomId = await linkOwnRoom({ world, owner: alice, op }, name, '#upgraded', {
      preset: isPublic ? 'public_chat' : 'private_chat',
      room_version: '11',
    });
    const { replacement_room: next } = await alice.client.upgradeRoom(roomId, '12');
    // In the old one only those with a level may speak now.
    if (!isPublic) await alice.client.invite(next, '@ircbridge:test.example');
    await alice.hear(/#upgraded goes on in this room/, next);
    op.send('PRIVMSG #upgraded :hello in the new room');
    await alice.hear(/hello in the new room/, next);
    await alice.say(next, 'and back');
    await op.wait(/PRIVMSG #upgraded :and back/);
  });

  test(`on ${name} people of Matrix ask the bridge for what IRC people do themselves`, async () => {
    const carol = await world.person(`carol${name}`);
    const bob = await world.irc(name, 'bob');
    await bob.join('#commands');
    const { room_id: talk } = await carol.client.createRoom({ invite: ['@ircbridge:test.example'], is_direct: true });
    await carol.hear(/`!help` says what I can do/, talk);
    const ask = async (command: string, answer: RegExp) => {
      await carol.say(talk, command);
      return (await carol.hear(answer, talk)).getContent()['body'] as string;
    };
    await ask('!help', /!whois/);
    await ask(`!join ${name} #commands`, /You are invited to the room of #commands/);
    const roomId = await carol.acceptInvitation();
    await carol.say(roomId, 'good day');
    assert.match(await bob.wait(/good day/), new RegExp(`^:carol${name}\\[m\\]!`));
    await ask(`!nick ${name} Caroline`, /You are Caroline/);
    await bob.wait(/^:carol\S+ NICK :?Caroline/);
    assert.match(await ask(`!whois ${name} bob`, /bob is /), /in .*#commands/);
    await ask(`!msg ${name} bob a word in private`, /you are invited to a room with bob/);
    assert.match(await bob.wait(/PRIVMSG Caroline|PRIVMSG bob/), /^:Caroline!\S+ PRIVMSG bob :a word in private$/);
    await ask(`!storepass ${name} carol s3cret-word`, /Stored, encrypted/);
    const sql = openBridgeDatabase(world.databaseUrl, 1);
    const rows = await sql`SELECT * FROM irc_user WHERE user_id = ${carol.userId}`;
    await sql.end();
    assert.ok(rows.length === 1 && !Buffer.from(rows[0]?.['password'] as Uint8Array).includes('s3cret'));
    await ask(`!quit ${name}`, /You are not on/);
    await bob.wait(/^:Caroline!\S+ QUIT/);
    await carol.say(roomId, 'through the bot');
    await bob.wait(new RegExp(`^:bridge!\\S+ PRIVMSG #commands :<carol${name}> through the bot$`));
    const services = await world.irc(name, 'NickServ');
    await ask(`!connect ${name}`, /You are Caroline on/);
    await services.wait(/PRIVMSG NickServ :IDENTIFY carol s3cret-word/);
    await carol.say(roomId, 'as myself');
    await bob.wait(/^:Caroline!\S+ PRIVMSG #commands :as myself$/);
    await ask(`!part ${name} #commands`, /not in #commands any more/);
    await bob.wait(/^:Caroline!\S+ PART :?#commands/);
    await ask('!nonsense', /There is no command `nonsense`/);
  });

  test(`on ${name} the bot speaks for everybody where the network is set so, and nobody talks in private`, async () => {
    const bob = await world.irc(name, 'bob2');
    await bob.join('#relayed');
    const roomId = await openRoom('#relayed', `${name}-relay`);
    await alice.say(roomId, 'one\ntwo');
    await bob.wait(/^:relay!\S+ PRIVMSG #relayed :<alice> one$/);
    await bob.wait(/^:relay!\S+ PRIVMSG #relayed :<alice> two$/);
    await alice.say(roomId, { msgtype: 'm.emote', body: 'waves' });
    await bob.wait(/PRIVMSG #relayed :\* alice waves$/);
    bob.send('PRIVMSG #relayed :I see');
    await alice.hear(/I see/, roomId);
    const direct = { invite: [`@irc_${name}-relay_bob2:test.example`], is_direct: true };
    const { room_id: talk } = await alice.client.createRoom(direct);
    await alice.hear(/nobody can talk in private/, talk);
  });

  test(`on ${name} a connection that nobody uses ends, and the next word brings it back`, async () => {
    const bob = await world.irc(name, 'bob3');
    await bob.join('#idle');
    const roomId = await openRoom('#idle', `${name}-idle`);
    await alice.say(roomId, 'a word');
    const nick = /^:(\S+)!\S+ PRIVMSG #idle :a word$/.exec(await bob.wait(/a word/))?.[1] ?? '';
    await bob.wait(/^:alice\S* QUIT/);
    assert.ok(nick.startsWith('alice[m]'));
    await alice.say(roomId, 'another word');
    await bob.wait(/^:alice\S* JOIN :?#idle/);
    await bob.wait(/^:alice\S* PRIVMSG #idle :another word$/);
  });
}

test('on inspircd who is away or comes back is shown so', async () => {
  const [away, here] = [await world.irc('inspircd', 'faraway'), await world.irc('inspircd', 'nearby')];
  away.send('AWAY :at lunch');
  for (const person of [away, here]) await person.join('#away');
  const { roomId } = await alice.client.joinRoom('#irc_inspircd-present_#away:test.example');
  for (const person of [away, here]) person.send('PRIVMSG #away :hello');
  await alice.hear(/hello/, roomId);
  const seePresence = async (nick: string, isRight: (now: { presence: string; status_msg?: string }) => boolean) => {
    for (let turn = 0; ; turn++) {
      const now = await alice.client.getPresence(`@irc_inspircd-present_${nick}:test.example`).catch(() => undefined);
      if (now && isRight(now)) return;
      if (turn > 600) assert.fail(`${nick}: ${JSON.stringify(now)}`);
      await setTimeout(100);
    }
  };
  // Of who was away before, the server does not tell what was said of it.
  await seePresence('faraway', ({ presence }) => presence === 'unavailable');
  await seePresence('nearby', ({ presence }) => presence === 'online');
  away.send('AWAY');
  await seePresence('faraway', ({ presence }) => presence === 'online');
  away.send('AWAY :at dinner');
  await seePresence('faraway', (now) => now.presence === 'unavailable' && now.status_msg === 'at dinner');
});
