import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { systemClock } from '@holdfast/effects/clock.ts';
import { startIdentServer } from './ident-server.ts';

test('the owner of a connection is told while it stands, of others nothing, and rubbish ends the conversation', async (t) => {
  const ident = await startIdentServer({ bind: '127.0.0.1', port: 0, clock: systemClock });
  t.after(() => ident.close());
  const ask = async (request: string): Promise<string> => {
    const socket = connect(ident.port, '127.0.0.1').on('error', () => {});
    let answer = '';
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString();
    });
    socket.write(request);
    await once(socket, 'close');
    return answer;
  };
  const forget = ident.add({ local: 40_000, remote: 6697 }, 'alice');
  assert.equal(await ask('40000, 6697\r\n'), '40000, 6697 : USERID : UNIX : alice\r\n');
  assert.equal(await ask('40001 , 6697\r\n'), '40001, 6697 : ERROR : NO-USER\r\n');
  assert.equal(await ask('hello\r\n'), '0, 0 : ERROR : INVALID-PORT\r\n');
  assert.equal(await ask('x'.repeat(200)), '');
  forget();
  assert.match(await ask('40000,6697\r\n'), /NO-USER/);
});
