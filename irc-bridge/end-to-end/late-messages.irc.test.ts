import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { MatrixPerson } from '@holdfast/conformance/clients/matrix-person.ts';
import { type BridgedWorld, startBridgedWorld } from '../testing/start-bridged-world.ts';
import { ircdNames } from '../testing/start-ircd.ts';

/** So short that whatever a server holds up may be late: only here. */
const lateAfterMs = 1_000;
let world: BridgedWorld;
let alice: MatrixPerson;
before(async () => {
  world = await startBridgedWorld({ root: () => ({ limits: { late_after_ms: lateAfterMs } }) });
  alice = await world.person('alice');
});
after(() => world.stop());

for (const name of ircdNames) {
  test(`what is said while ${name} is away waits, arrives once and in order, marked with its time`, async () => {
    const witness = await world.irc(name, 'bob');
    await witness.join('#away');
    const { roomId } = await alice.client.joinRoom(`#irc_${name}_#away:test.example`);
    await alice.say(roomId, 'before');
    await witness.wait(/PRIVMSG #away .*before$/);
    await world.ircds[name].kill();
    await world.untilStatus(({ networks }) => networks.some(({ id, isConnected }) => id === name && !isConnected));
    for (const text of ['late one', 'late two', 'late three']) await alice.say(roomId, text);
    // Until the last of them is late, too: what is the oldest now stays so while the server is away.
    const { queues: waiting } = await world.status();
    const lateMs = (waiting.matrix_to_irc.oldestAgeMs ?? 0) + lateAfterMs;
    await world.untilStatus(({ queues }) => (queues.matrix_to_irc.oldestAgeMs ?? 0) > lateMs);
    await world.ircds[name].start();
    // In the channel before the bridge is back.
    const bob = await world.irc(name, 'bob2');
    await bob.join('#away');
    // What was being said when the server died may come twice.
    const heard = await bob.wait(/PRIVMSG #away/);
    const texts = heard.endsWith('UTC] before') ? [] : [heard];
    while (texts.length < 3) texts.push(await bob.wait(/PRIVMSG #away/));
    for (const [index, text] of ['one', 'two', 'three'].entries()) {
      assert.match(texts[index] ?? '', new RegExp(`:\\[\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC\\] late ${text}$`));
    }
    await alice.say(roomId, 'now');
    // Behind the others, and so perhaps late itself: the servers do not let us talk as fast as we like.
    assert.match(await bob.wait(/PRIVMSG #away/), /[: ]now$/);
  });
}
