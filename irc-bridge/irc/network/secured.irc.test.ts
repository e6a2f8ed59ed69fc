import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeCertificate } from '@holdfast/homeserver/testing/make-certificate.ts';
import { openTestNetwork } from '../../testing/open-test-network.ts';
import { RawIrcClient } from '../../testing/raw-irc-client.ts';
import { ircdNames, startIrcd, startIrcdPair } from '../../testing/start-ircd.ts';

const authority = makeCertificate({ names: ['Test authority'], isAuthority: true });
const ca = authority.certificate;

for (const name of ircdNames) {
  test(`with ${name} TLS is spoken where the certificate is the server’s, a password is said, and a client certificate shown`, async (t) => {
    const right = makeCertificate({ names: ['127.0.0.1'], authority });
    const ircd = await startIrcd(name, { tls: right, password: 'letmein' });
    t.after(() => ircd.stop());
    const address = { host: '127.0.0.1', port: ircd.tlsPort, tls: true };
    const open = (options: Parameters<typeof openTestNetwork>[1]) => {
      const opened = openTestNetwork(0, { password: 'letmein', servers: [{ ...address, ca }], ...options });
      t.after(() => opened.network.close('the test is over'));
      opened.network.start();
      return opened;
    };
    const { network, wait } = open({});
    await wait('connected');
    const certificate = makeCertificate({ names: ['alice'] });
    await network.connectUser('@alice:s', { nick: 'alice', certificate });
    const told = (await network.whois('alice')).join('\n');
    // Of both, this one tells others which certificate somebody has shown.
    if (name === 'inspircd') assert.match(told, /fingerprint/i);
    const isRefused = async (options: Parameters<typeof openTestNetwork>[1], words: RegExp) => {
      const { network: refused } = open({
        ...options,
        limits: { backoffMs: { first: 10, most: 20, unreachable: 20 } },
      });
      while (refused.describe().problem === undefined) await new Promise((resolve) => setTimeout(resolve, 20));
      assert.match(refused.describe().problem ?? '', words);
      assert.equal(refused.isConnected, false);
    };
    await isRefused({ servers: [address] }, /certificate|issuer/i);
    await isRefused({ servers: [{ ...address, host: 'localhost', ca }] }, /altnames|does not match/i);
    await isRefused({ password: 'wrong' }, /password|access denied/i);
  });

  test(`a netsplit of ${name} and its end are one event each, and nobody has quit`, async (t) => {
    const [first, second] = await startIrcdPair(name);
    t.after(() => Promise.all([first.stop(), second.stop()]));
    const { network, events, wait } = openTestNetwork(first.port);
    t.after(() => network.close('the test is over'));
    network.start();
    await wait('connected');
    await network.join(undefined, '#room');
    const enter = async (nick: string) => {
      const client = await RawIrcClient.connect(second.port, nick);
      t.after(() => client.close());
      await client.join('#room');
      return client;
    };
    const nicks = Array.from({ length: 20 }, (_, index) => `away${index}`);
    // The servers find each other within a few seconds.
    const arrived = new Set<string>();
    const clients = await Promise.all(nicks.map(enter));
    while (arrived.size < nicks.length) arrived.add((await wait('join')).nick);
    await second.kill();
    for (const client of clients) client.close();
    const split = await wait('netsplit');
    assert.deepEqual(split.people.map(({ nick }) => nick).sort(), nicks.toSorted());
    await second.start();
    await Promise.all(nicks.map(enter));
    const back = new Set<string>();
    while (back.size < nicks.length) for (const { nick } of (await wait('netjoin')).people) back.add(nick);
    assert.deepEqual(
      events.filter(({ kind }) => kind === 'quit'),
      [],
    );
  });
}
