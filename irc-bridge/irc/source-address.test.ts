import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { systemClock } from '@holdfast/effects/clock.ts';
import { startIdentServer } from './ident-server.ts';
import { sourceAddress } from './source-address.ts';

test('each user has an address within the prefix, always the same one', () => {
  const [alice, bob] = [sourceAddress('2001:db8:1:2::/64', 'alice'), sourceAddress('2001:db8:1:2::/64', 'bob')];
  assert.match(alice, /^2001:db8:1:2:/);
  assert.match(bob, /^2001:db8:1:2:/);
  assert.notEqual(alice, bob);
  assert.equal(alice, sourceAddress('2001:db8:1:2::/64', 'alice'));
  assert.throws(() => sourceAddress('10.0.0.0/8', 'alice'), /no IPv6 prefix/);
});

test('the ident server answers about our own connections, and to nothing else', async (t) => {
  const ident = await startIdentServer({ bind: '127.0.0.1', port: 0, clock: systemClock });
  t.after(() => ident.close());
  const ask = async (request: string) => {
    const socket = connect(ident.port, '127.0.0.1');
    socket.on('error', () => {});
    let answer = '';
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString();
    });
    socket.write(request);
    await once(socket, 'close');
    return answer;
  };
  const forget = ident.add({ local: 4_000, remote: 6_697 }, 'alice');
  assert.equal(await ask('4000, 6697\r\n'), '4000, 6697 : USERID : UNIX : alice\r\n');
  forget();
  assert.equal(await ask('4000, 6697\r\n'), '4000, 6697 : ERROR : NO-USER\r\n');
  assert.equal(await ask('hello\r\n'), '0, 0 : ERROR : INVALID-PORT\r\n');
  assert.equal(await ask('9'.repeat(1_000)), '');
});
