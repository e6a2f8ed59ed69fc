import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { MatrixPerson } from '@holdfast/conformance/clients/matrix-person.ts';
import { type BridgedWorld, startBridgedWorld } from '../testing/start-bridged-world.ts';
import { ircdNames } from '../testing/start-ircd.ts';

let world: BridgedWorld;
let alice: MatrixPerson;
before(async () => {
  world = await startBridgedWorld();
  alice = await world.person('alice');
});
after(() => world.stop());

const html = (formatted: string, body = 'plain') => {
  return { msgtype: 'm.text', body, format: 'org.matrix.custom.html', formatted_body: formatted };
};

for (const name of ircdNames) {
  const puppet = (nick: string) => `@irc_${name}_${nick}:test.example`;
  /** A channel with Alice's room and Bob, and what Bob is told next in it. */
  const open = async (channel: string, nick: string) => {
    const bob = await world.irc(name, nick);
    await bob.join(channel);
    const { roomId } = await alice.client.joinRoom(`#irc_${name}_${channel}:test.example`);
    const next = async () => (await bob.wait(/^:alice\S* (?:PRIVMSG|NOTICE) #/)).replace(/^:\S+ \S+ \S+ :?/, '');
    return { bob, roomId, next };
  };

  test(`on ${name} replies, edits, reactions, redactions, notices and actions read as IRC people write them`, async () => {
    const { bob, roomId, next } = await open('#relations', 'bob');
    bob.send('PRIVMSG #relations :what is that?');
    const asked = await alice.hear(/what is that/, roomId);
    const relation = { 'm.in_reply_to': { event_id: asked.getId() } };
    await alice.say(roomId, { msgtype: 'm.text', body: 'a bridge', 'm.relates_to': relation });
    assert.equal(await next(), 'bob: a bridge');
    const said = await alice.say(roomId, 'a brige');
    assert.equal(await next(), 'a brige');
    await alice.say(roomId, {
      ...{ msgtype: 'm.text', body: '* a bridge', 'm.new_content': { msgtype: 'm.text', body: 'a bridge' } },
      'm.relates_to': { rel_type: 'm.replace', event_id: said },
    });
    assert.equal(await next(), '* a bridge');
    const annotation = { rel_type: 'm.annotation', event_id: asked.getId(), key: '👍' };
    await alice.send(roomId, 'm.reaction', { 'm.relates_to': annotation });
    assert.equal(await next(), '\u0001ACTION reacted to bob’s “what is that?” with 👍\u0001');
    await alice.client.redactEvent(roomId, said);
    assert.match(await next(), /ACTION removed alice\[m\]’s “a brige”/);
    await alice.say(roomId, { msgtype: 'm.emote', body: 'waves' });
    assert.equal(await next(), '\u0001ACTION waves\u0001');
    await alice.say(roomId, { msgtype: 'm.notice', body: 'a notice' });
    assert.match(await bob.wait(/a notice/), /^:alice\S* NOTICE #relations :a notice$/);
    bob.send('PRIVMSG #relations :\u0001ACTION nods\u0001');
    assert.equal((await alice.hear(/^nods$/, roomId)).getContent()['msgtype'], 'm.emote');
    bob.send('NOTICE #relations :a notice of IRC');
    assert.equal((await alice.hear(/a notice of IRC/, roomId)).getContent()['msgtype'], 'm.notice');
    bob.send('PRIVMSG alice[m] :\u0001VERSION\u0001');
    await bob.wait(/^:alice\[m\]!\S+ NOTICE bob :\u0001VERSION Holdfast/);
  });

  test(`on ${name} formatting goes both ways, and no text becomes a command, an element or a mention of all`, async () => {
    const { bob, roomId, next } = await open('#format', 'bob2');
    await alice.say(
      roomId,
      html(`<b>bold</b> <em>it</em> <a href="https://matrix.to/#/${puppet('bob2')}">Bob</a>: hi`),
    );
    assert.equal(await next(), '\u0002bold\u000f \u001dit\u000f bob2: hi');
    await alice.say(roomId, html('<pre><code>if x:\n  y()\n</code></pre>'));
    assert.deepEqual([await next(), await next()], ['if x:', '  y()']);
    await alice.say(roomId, 'one\r\nQUIT :gone\r\nthree');
    assert.deepEqual([await next(), await next(), await next()], ['one', 'QUIT :gone', 'three']);
    bob.send('PRIVMSG #format :\u0002b\u0002 \u000304red\u0003 <script> @room alice[m]');
    const event = await alice.hear(/<script>/, roomId);
    const formatted = String(event.getContent()['formatted_body']);
    assert.match(
      formatted,
      /^<strong>b<\/strong> <span data-mx-color="#ff0000">red<\/span> &lt;script&gt; @\u2060room/,
    );
    assert.deepEqual(event.getContent()['m.mentions'], {});
    bob.send('PRIVMSG #format :alice[m]: for you');
    const mention = (await alice.hear(/for you/, roomId)).getContent();
    assert.deepEqual(mention['m.mentions'], { user_ids: [alice.userId] });
    bob.send('PRIVMSG #format :and https://example.org');
    await alice.hear(/and https:\/\/example.org/, roomId);
  });

  test(`on ${name} long messages are split between words or linked, and files are links without an account`, async () => {
    const { bob, roomId, next } = await open('#long', 'bob3');
    const text = 'Ein Satz mit Grüßen ist dies. '.repeat(40).trim();
    await alice.say(roomId, text);
    const lines: string[] = [];
    while (lines.join(' ').length < text.length) lines.push(await next());
    assert.equal(lines.join(' '), text);
    assert.ok(lines.length > 2 && lines.every((line) => line.endsWith('.')));
    const longer = Array.from({ length: 500 }, (_, index) => `line ${index}`).join('\n');
    await alice.say(roomId, longer);
    assert.deepEqual([await next(), await next()], ['line 0', 'line 1']);
    const all = /https?:\/\/[^\s)]+/.exec(await next())?.[0] ?? '';
    assert.equal(await (await fetch(all)).text(), longer);
    const bytes = Buffer.from('89504e470d0a1a0a', 'hex');
    const { content_uri: url } = await alice.client.uploadContent(new Blob([bytes]), {
      type: 'image/png',
      name: 'x.png',
    });
    await alice.say(roomId, { msgtype: 'm.image', body: 'a cat', filename: 'x.png', url });
    const link = /^a cat: (\S+)$/.exec(await next())?.[1] ?? '';
    const file = await fetch(link);
    assert.deepEqual([file.status, file.headers.get('content-type')], [200, 'image/png']);
    assert.deepEqual(Buffer.from(await file.arrayBuffer()), bytes);
    bob.send(`PRIVMSG #long :${'x'.repeat(420)}`);
    await alice.hear(/^x{420}$/, roomId);
  });
}

test('when the bridge is killed, Holdfast starts it again, and what was said goes on where it stopped', async () => {
  const rooms = await Promise.all(
    ircdNames.map(async (name) => {
      const bob = await world.irc(name, 'bob6');
      await bob.join('#killed');
      const { roomId } = await alice.client.joinRoom(`#irc_${name}_#killed:test.example`);
      await alice.say(roomId, 'word 0');
      await bob.wait(/word 0$/);
      return { bob, roomId };
    }),
  );
  const words = Array.from({ length: 30 }, (_, index) => `word ${index + 1}`);
  for (const [index, word] of words.entries()) {
    if (index === 10) await world.killBridge();
    for (const { roomId } of rooms) await alice.say(roomId, word);
  }
  for (const { bob } of rooms) {
    await bob.wait(/word 30$/);
    const heard = bob.lines.flatMap((line) => / PRIVMSG #killed :?(?:\[.*\] )?(word [1-9]\d*)$/.exec(line)?.[1] ?? []);
    // The one that was being said may come twice.
    const once = heard.filter((word, index) => word !== heard[index - 1]);
    assert.deepEqual(once, words);
    assert.ok(heard.length <= words.length + 1);
  }
});
