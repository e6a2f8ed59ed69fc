import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { MatrixPerson } from '@holdfast/conformance/clients/matrix-person.ts';
import { agreeToLink, linkOwnRoom, makeOwnRoom } from '../testing/link-room.ts';
import { type BridgedWorld, startBridgedWorld } from '../testing/start-bridged-world.ts';
import { ircdNames } from '../testing/start-ircd.ts';

let world: BridgedWorld;
let alice: MatrixPerson;
before(async () => {
  world = await startBridgedWorld({ variants: { secret: { encrypted_rooms: true } } });
  alice = await world.person('alice');
});
after(() => world.stop());

for (const name of ircdNames) {
  const puppet = (nick: string) => `@irc_${name}_${nick}:test.example`;
  const openRoom = async (channel: string) =>
    (await alice.client.joinRoom(`#irc_${name}_${channel}:test.example`)).roomId;

  test(`on ${name} the room of a channel is made by its alias, with its topic, and is in the directory`, async () => {
    const bob = await world.irc(name, 'bob');
    await bob.join('#public');
    bob.send('TOPIC #public :what it is about');
    const roomId = await openRoom('#public');
    await bob.wait(/^:bridge!\S+ JOIN :?#public/);
    await alice.seeState(roomId, 'm.room.topic', ({ topic }) => topic === 'what it is about');
    await alice.say(roomId, 'hello from Matrix');
    assert.match(await bob.wait(/PRIVMSG #public/), /^:alice\[m\]!\S+ PRIVMSG #public :hello from Matrix$/);
    bob.send('PRIVMSG #public :hello from IRC');
    assert.equal((await alice.hear(/hello from IRC/, roomId)).getSender(), puppet('bob'));
    const { chunk } = await alice.client.publicRooms({ third_party_instance_id: `irc|${name}` });
    assert.ok(chunk.some(({ name: shown }) => shown === '#public'));
  });

  test(`on ${name} an existing room is linked by a command when an operator agrees, and unlinked`, async () => {
    const [op, guest] = [await world.irc(name, 'op'), await world.irc(name, 'guest')];
    for (const person of [op, guest]) await person.join('#linked');
    const mallory = await world.person(`mallory-${name}`);
    const roomId = await makeOwnRoom(alice, { preset: 'public_chat' });
    await mallory.client.joinRoom(roomId);
    await mallory.say(roomId, `!irc link ${name} #linked`);
    await alice.hear(/Only those who may change/, roomId);
    await alice.say(roomId, `!irc link ${name} #linked`);
    const code = /!link (\S+)$/.exec(await op.wait(/NOTICE #linked/))?.[1] ?? '';
    guest.send(`PRIVMSG #linked :!link ${code}`);
    op.send('PRIVMSG #linked :!link wrong');
    op.send(`PRIVMSG #linked :!link ${code}`);
    await alice.hear(/op agreed: this room is #linked/, roomId);
    guest.send('PRIVMSG #linked :linked now');
    assert.equal((await alice.hear(/linked now/, roomId)).getSender(), puppet('guest'));
    // In one network those who speak are shown, in the other everybody.
    if (name === 'inspircd') await alice.seeMembership(roomId, puppet('op'), 'join');
    else assert.equal(alice.client.getRoom(roomId)?.getMember(puppet('op')), null);
    await mallory.say(roomId, '!irc unlink');
    await alice.say(roomId, '!irc unlink');
    await op.wait(/^:bridge!\S+ PART #linked/);
    await alice.seeMembership(roomId, puppet('guest'), 'leave');
  });

  test(`on ${name} the provisioning API links a room with a key when both sides agree, and says why not`, async () => {
    const op = await world.irc(name, 'op2');
    await op.join('#keyed');
    op.send('MODE #keyed +k secret');
    await op.wait(/MODE #keyed \+k/);
    const roomId = await makeOwnRoom(alice, { preset: 'private_chat' });
    const link = { room_id: roomId, user_id: alice.userId, network: name, channel: '#keyed' };
    assert.equal((await world.provision('link', { ...link, user_id: '@stranger:test.example' })).status, 403);
    assert.match(String((await world.provision('link', link)).body['error']), /#keyed needs a key/);
    const asked = await world.provision('link', { ...link, key: 'secret' });
    assert.deepEqual([asked.status, asked.body['linked']], [200, false]);
    await agreeToLink(op, '#keyed');
    await alice.hear(/op2 agreed/, roomId);
    await alice.say(roomId, 'with the key');
    assert.match(await op.wait(/PRIVMSG #keyed/), /:with the key$/);
    const { links } = (await world.provision('links')).body as { links: { room_id: string; channel: string }[] };
    assert.equal(links.find((one) => one.room_id === roomId)?.channel, '#keyed');
    const unlink = { room_id: roomId, user_id: alice.userId };
    assert.equal((await world.provision('unlink', { ...unlink, user_id: '@stranger:test.example' })).status, 403);
    assert.equal((await world.provision('unlink', unlink)).status, 200);
    await op.wait(/^:bridge!\S+ PART #keyed/);
    assert.equal((await world.provision('unlink', unlink)).status, 404);
  });

  test(`on ${name} what a channel does not allow is said in words`, async () => {
    const op = await world.irc(name, 'op3');
    const rules: [channel: string, mode: string, words: RegExp][] = [
      ['#closed', '+i', /#closed is for invited people only/],
      ['#quiet', '+m', /#quiet does not let this be said: it is moderated/],
      ['#known', '+R', /#known is for people with a registered nick who are logged in/],
      ['#banning', '+b alice*!*@*', /banned from #banning/],
      ['#full', '+l 1', /#full is full/],
    ];
    const rooms = new Map<string, string>();
    for (const [channel, mode, words] of rules) {
      await op.join(channel);
      const roomId = await linkOwnRoom({ world, owner: alice, op }, name, channel);
      rooms.set(channel, roomId);
      op.send(`MODE ${channel} ${mode}`);
      await op.wait(/ MODE #/);
      await alice.say(roomId, `into ${channel}`);
      await alice.hear(words, roomId);
    }
    op.send('INVITE alice[m] #closed');
    await op.wait(/ 341 /);
    await alice.say(rooms.get('#closed') ?? '', 'I was invited');
    assert.match(await op.wait(/PRIVMSG #closed/), /:I was invited$/);
    op.send('MODE #quiet +v alice[m]');
    await op.wait(/MODE #quiet/);
    await alice.say(rooms.get('#quiet') ?? '', 'I have a voice');
    assert.match(await op.wait(/PRIVMSG #quiet/), /:I have a voice$/);
  });

  test(`on ${name} people talk in private, whoever begins`, async () => {
    const dave = await world.irc(name, 'dave');
    dave.send('PRIVMSG alice[m] :psst');
    const first = await alice.acceptInvitation();
    assert.equal((await alice.hear(/psst/, first)).getSender(), puppet('dave'));
    await alice.say(first, 'what is it?');
    assert.match(await dave.wait(/PRIVMSG dave/), /^:alice\[m\]!\S+ PRIVMSG dave :what is it\?$/);
    // The bot hears of nicks in the channels where it is.
    await alice.client.joinRoom(`#irc_${name}_#nicks:test.example`);
    await dave.join('#nicks');
    dave.send('NICK david');
    await alice.seeMembership(first, puppet('david'), 'join');
    dave.send('PRIVMSG alice[m] :it is still me');
    assert.equal((await alice.hear(/still me/, first)).getSender(), puppet('david'));
    await alice.seeMembership(first, puppet('dave'), 'leave');
    await alice.say(first, 'so I see');
    assert.match(await dave.wait(/PRIVMSG david/), /^:alice\[m\]!\S+ PRIVMSG david :so I see$/);
  });

  test(`on ${name} a room with somebody of IRC is a talk in private, and an encrypted one is refused in words`, async () => {
    const erin = await world.irc(name, 'erin');
    const direct = { invite: [puppet('erin')], is_direct: true, preset: 'trusted_private_chat' } as const;
    const encryption = { type: 'm.room.encryption', state_key: '', content: { algorithm: 'm.megolm.v1.aes-sha2' } };
    const secret = await alice.client.createRoom({ ...direct, initial_state: [encryption] } as never);
    await alice.hear(/where nothing is encrypted/, secret.room_id);
    await alice.seeMembership(secret.room_id, puppet('erin'), 'leave');
    const { room_id: roomId } = await alice.client.createRoom(direct as never);
    await alice.seeMembership(roomId, puppet('erin'), 'join');
    await alice.say(roomId, 'good morning');
    assert.match(await erin.wait(/PRIVMSG erin/), /^:alice\[m\]!\S+ PRIVMSG erin :good morning$/);
    erin.send('PRIVMSG alice[m] :good evening');
    assert.equal((await alice.hear(/good evening/, roomId)).getSender(), puppet('erin'));
    erin.send('QUIT :bye');
    await erin.wait(/ERROR/);
    await alice.say(roomId, 'are you there?');
    await alice.hear(/nobody named erin/, roomId);
  });

  test(`on ${name} an encrypted room cannot be linked, and one that becomes encrypted is unlinked, in words`, async () => {
    const op = await world.irc(name, 'op4');
    await op.join('#plain');
    const encryption = { type: 'm.room.encryption', state_key: '', content: { algorithm: 'm.megolm.v1.aes-sha2' } };
    const secret = await makeOwnRoom(alice, { initial_state: [encryption] });
    await alice.say(secret, `!irc link ${name} #plain`).catch(() => {});
    const link = { room_id: secret, user_id: alice.userId, network: name, channel: '#plain' };
    assert.match(
      String((await world.provision('link', link)).body['error']),
      /encrypted, and on IRC everything can be read/,
    );
    const allowed = await linkOwnRoom({ world, owner: alice, op }, `${name}-secret`, '#plain', {
      initial_state: [encryption],
    });
    op.send('PRIVMSG #plain :in the clear');
    await alice.hear(/in the clear/, allowed);
    // Its client encrypts that.
    await alice.say(allowed, 'in secret');
    await alice.hear(/cannot be read on IRC, and does not get to #plain/, allowed);
    const roomId = await linkOwnRoom({ world, owner: alice, op }, name, '#plain');
    await alice.client.sendStateEvent(roomId, 'm.room.encryption' as never, encryption.content as never);
    await alice.hear(/not joined to #plain/, roomId);
    await op.wait(/^:bridge!\S+ PART #plain/);
  });
}
