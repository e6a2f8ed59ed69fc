import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { MatrixPerson } from '../testing/matrix-person.ts';
import { type BridgedWorld, startBridgedWorld } from '../testing/start-bridged-world.ts';
import { ircdNames } from '../testing/start-ircd.ts';

let world: BridgedWorld;
let alice: MatrixPerson;
before(async () => {
  world = await startBridgedWorld();
  alice = await world.person('alice');
});
after(() => world.stop());

const bridgeBot = '@ircbridge:test.example';

for (const name of ircdNames) {
  test(`on ${name} the room of a channel is made by its alias, and people talk in it as themselves`, async () => {
    const bob = await world.irc(name, 'bob');
    await bob.join('#public');
    const { roomId } = await alice.client.joinRoom(`#irc_${name}_#public:test.example`);
    await bob.wait(/^:bridge!\S+ JOIN :?#public/);
    await alice.say(roomId, 'hello from Matrix');
    assert.match(await bob.wait(/PRIVMSG #public/), /^:alice\[m\]!\S+ PRIVMSG #public :hello from Matrix$/);
    bob.send('PRIVMSG #public :hello from IRC');
    const heard = await alice.hear(/hello from IRC/, roomId);
    assert.equal(heard.getSender(), `@irc_${name}_bob:test.example`);
    const { chunk } = await alice.client.publicRooms({ third_party_instance_id: `irc|${name}` });
    assert.deepEqual(
      chunk.map(({ name: shown }) => shown),
      ['#public'],
    );
  });
}
