import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { openTestNetwork } from '../../testing/open-test-network.ts';
import { RawIrcClient } from '../../testing/raw-irc-client.ts';
import { ircdNames, startIrcd } from '../../testing/start-ircd.ts';
import type { IrcNetwork } from '../irc-network.ts';
import { IrcRefusal } from '../irc-refusal.ts';

/** A network of a server of its own, to which the bot is connected. */
async function connect(t: TestContext, name: (typeof ircdNames)[number]) {
  const ircd = await startIrcd(name);
  t.after(() => ircd.stop());
  const opened = openTestNetwork(ircd.port);
  t.after(() => opened.network.close('the test is over'));
  opened.network.start();
  await opened.wait('connected');
  return { ircd, ...opened };
}

/** The bot and a puppet are in `#room`. */
async function joinWithAlice(network: IrcNetwork): Promise<void> {
  await network.join(undefined, '#room');
  await network.connectUser('@alice:s', { nick: 'alice' });
  await network.join('@alice:s', '#room');
}

for (const name of ircdNames) {
  test(`on ${name} people and puppets talk, and each message is told once`, async (t) => {
    const { ircd, network, events, wait } = await connect(t, name);
    await network.join(undefined, '#room');
    await wait('members', ({ channel }) => channel === '#room');
    await network.connectUser('@alice:s', { nick: 'alice' });
    await network.connectUser('@carol:s', { nick: 'carol' });
    await network.join('@alice:s', '#room');
    await network.join('@carol:s', '#room');
    const bob = await RawIrcClient.connect(ircd.port, 'bob');
    t.after(() => bob.close());
    await bob.join('#room');
    await wait('join', ({ nick }) => nick === 'bob');
    bob.send('PRIVMSG #room :hello all');
    const message = await wait('message');
    assert.deepEqual(
      [message.channel, message.nick, message.text, message.form],
      ['#room', 'bob', 'hello all', 'message'],
    );
    await network.say({ speaker: '@alice:s', target: '#room', kind: 'message', text: 'hi\r\nQUIT :gone' });
    assert.match(await bob.wait(/PRIVMSG #room/), /^:alice!\S+ PRIVMSG #room :hi QUIT :gone$/);
    await network.say({ speaker: '@alice:s', target: 'bob', kind: 'action', text: 'waves' });
    assert.match(await bob.wait(/PRIVMSG bob/), /:\u0001ACTION waves\u0001$/);
    bob.send('PRIVMSG alice :\u0001VERSION\u0001');
    assert.match(await bob.wait(/NOTICE bob/), /VERSION Holdfast/);
    bob.send('PRIVMSG alice :psst');
    const direct = await wait('message', ({ channel }) => channel === undefined);
    assert.deepEqual([direct.toUser, direct.text], ['@alice:s', 'psst']);
    assert.equal(events.filter((event) => event.kind === 'message' && event.text === 'hello all').length, 1);
    assert.equal(network.userOf('ALICE'), '@alice:s');
    assert.deepEqual(
      network
        .members('#room')
        .map(({ nick }) => nick)
        .sort(),
      ['alice', 'bob', 'bridge', 'carol'],
    );
    bob.send('QUIT :bye');
    await wait('quit', ({ nick }) => nick === 'bob');
  });

  test(`on ${name} refusals come back in words, to whom they concern`, async (t) => {
    const { ircd, network } = await connect(t, name);
    const bob = await RawIrcClient.connect(ircd.port, 'bob');
    t.after(() => bob.close());
    for (const channel of ['#quiet', '#locked', '#private']) await bob.join(channel);
    bob.send('MODE #quiet +mt');
    bob.send('MODE #locked +k secret');
    bob.send('MODE #private +i');
    await bob.wait(/MODE #private :?\+i/);
    await network.connectUser('@alice:s', { nick: 'alice' });
    await network.join('@alice:s', '#quiet');
    const refused = async (work: Promise<unknown>, words: RegExp) => {
      await assert.rejects(work, (error) => error instanceof IrcRefusal && words.test(error.message));
    };
    await refused(
      network.say({ speaker: '@alice:s', target: '#quiet', kind: 'message', text: 'x' }),
      /#quiet does not let this be said/,
    );
    await refused(network.join('@alice:s', '#locked'), /#locked needs a key/);
    await refused(network.join('@alice:s', '#private'), /#private is for invited people only/);
    await network.join('@alice:s', '#locked', 'secret');
    await refused(
      network.say({ speaker: '@alice:s', target: 'nobody', kind: 'message', text: 'x' }),
      /nobody named nobody/,
    );
    await refused(network.changeNick('@alice:s', 'bob'), /in use/);
    await refused(network.setTopic('@alice:s', '#quiet', 'mine'), /no operator of #quiet/);
    await refused(network.whois('nobody'), /nobody/);
    assert.match((await network.whois('bob')).join('\n'), /bob is ~?bob@/);
    bob.send('MODE #private +b alice!*@*');
    bob.send('MODE #private -i');
    await bob.wait(/MODE #private :?-i/);
    await refused(network.join('@alice:s', '#private'), /banned from #private/);
  });

  test(`after a crash of ${name} the bot and the puppets return to their channels`, async (t) => {
    const { ircd, network, wait } = await connect(t, name);
    await joinWithAlice(network);
    await ircd.kill();
    await wait('disconnected');
    await ircd.start();
    await wait('connected');
    await wait('join', ({ nick }) => nick === 'alice').catch(() => wait('members'));
    const bob = await RawIrcClient.connect(ircd.port, 'bob');
    t.after(() => bob.close());
    await bob.join('#room');
    bob.send('PRIVMSG #room :welcome back');
    assert.equal((await wait('message')).text, 'welcome back');
  });

  test(`on ${name} a user with another nick is known by it at once`, async (t) => {
    const { network, wait } = await connect(t, name);
    await joinWithAlice(network);
    await network.changeNick('@alice:s', 'alicia');
    assert.equal(network.nickOf('@alice:s'), 'alicia');
    await network.say({ speaker: '@alice:s', target: '#room', kind: 'message', text: 'still me' });
    assert.equal((await wait('message')).nick, 'alicia');
    assert.equal(network.userOf('alicia'), '@alice:s', 'what it says there is not taken for somebody else’s');
  });

  test(`on ${name} lines are as long as they may be and arrive whole`, async (t) => {
    const { ircd, network } = await connect(t, name);
    await network.connectUser('@alice:s', { nick: 'alice' });
    await network.join('@alice:s', '#room');
    const bob = await RawIrcClient.connect(ircd.port, 'bob');
    t.after(() => bob.close());
    await bob.join('#room');
    const text = 'Grüße 👩‍👩‍👧 und mehr. '.repeat(60).trim();
    const lines = network.splitText('@alice:s', '#room', text);
    assert.ok(lines.length > 2);
    const heard: string[] = [];
    for (const line of lines) {
      await network.say({ speaker: '@alice:s', target: '#room', kind: 'message', text: line });
      heard.push((await bob.wait(/PRIVMSG #room/)).replace(/^.*? PRIVMSG #room :/, ''));
    }
    assert.equal(heard.join(' '), text);
  });
}
