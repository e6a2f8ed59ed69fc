import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatIrcLine, parseIrcLine } from './irc-line.ts';
import { LineReader } from './line-reader.ts';
import { parseModeChanges } from './mode-changes.ts';
import { foldName, readFeatures, rfcFeatures } from './network-features.ts';

test('a line is read into tags, source, command and parameters', () => {
  const line = parseIrcLine('@time=2026-01-01T00:00:00Z;a=x\\:y\\sz;+b :n!u@h PRIVMSG  #c  ::) hi');
  assert.deepEqual(
    [...(line?.tags ?? [])],
    [
      ['time', '2026-01-01T00:00:00Z'],
      ['a', 'x;y z'],
      ['+b', ''],
    ],
  );
  assert.deepEqual(line?.source, { nick: 'n', user: 'u', host: 'h' });
  assert.deepEqual([line?.command, line?.parameters], ['PRIVMSG', ['#c', ':) hi']]);
});

test('no parameter makes a second command, and what is written is read the same', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      const line = formatIrcLine('PRIVMSG', ['#c', text]);
      assert.doesNotMatch(line, /[\r\n\0]/);
      assert.deepEqual(parseIrcLine(line)?.parameters, ['#c', text.replace(/[\r\n\0]+/g, ' ')]);
    }),
  );
  assert.throws(() => formatIrcLine('KICK', ['#c', 'a b', 'x']), /no word/);
});

test('whatever bytes come in whatever pieces, memory is bounded and the lines are the same', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (pieces) => {
      const [whole, parts] = [new LineReader(), new LineReader()];
      const expected = [...whole.read(Buffer.concat(pieces))];
      const found = pieces.flatMap((piece) => [...parts.read(Buffer.from(piece))]);
      assert.deepEqual(found, expected);
      for (const line of found) parseIrcLine(line);
    }),
  );
  const reader = new LineReader();
  for (let count = 0; count < 1_000; count += 1) {
    assert.deepEqual([...reader.read(Buffer.alloc(1_000, 'x'))], []);
    assert.ok(reader.heldBytes <= 16 * 1024);
  }
  assert.deepEqual([...reader.read(Buffer.from('\r\nafter\r\n'))], ['after']);
});

test('a network says how names are folded and what its modes take', () => {
  const features = readFeatures(rfcFeatures, [
    'CASEMAPPING=ascii',
    'PREFIX=(qov)~@+',
    'CHANMODES=b,k,l,mt',
    'NICKLEN=999999',
    'TARGMAX=JOIN:,PRIVMSG:4',
    '__proto__=1',
  ]);
  assert.deepEqual([features.nickLength, features.targets.get('PRIVMSG')], [64, 4]);
  assert.deepEqual(
    [foldName('A[~', 'ascii'), foldName('A[~', 'rfc1459'), foldName('A[~', 'rfc1459-strict')],
    ['a[~', 'a{^', 'a{~'],
  );
  assert.deepEqual(parseModeChanges(features, '+ol-lk+b', ['bob', '5', 'key', 'x!*@*']), [
    { mode: 'o', isSet: true, parameter: 'bob' },
    { mode: 'l', isSet: true, parameter: '5' },
    { mode: 'l', isSet: false },
    { mode: 'k', isSet: false, parameter: 'key' },
    { mode: 'b', isSet: true, parameter: 'x!*@*' },
  ]);
});
