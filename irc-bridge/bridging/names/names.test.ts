import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chooseNick, isNick } from './choose-nick.ts';
import { chooseUsername } from './choose-username.ts';
import { readPortalAlias, toAliasLocalpart } from './portal-alias.ts';
import { readPuppetLocalpart, toPuppetLocalpart } from './puppet-name.ts';

test('every nick has a localpart that Matrix takes and that is read back; no two nicks share one', () => {
  assert.equal(toPuppetLocalpart('libera', 'alice'), 'irc_libera_alice');
  const nick = fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }).map((text) => text.toLowerCase());
  const check = (text: string) => {
    const localpart = toPuppetLocalpart('net.a-b', text);
    assert.match(localpart, /^[a-z0-9._=/+-]+$/);
    assert.deepEqual(readPuppetLocalpart(localpart), { network: 'net.a-b', nick: text });
  };
  fc.assert(fc.property(nick, check));
  for (const text of ['[m]', 'a_b', 'x=41', '{|}~', 'é']) check(text);
});

test('a localpart in another spelling is nobody’s', () => {
  for (const localpart of ['irc_net_=61', 'irc_net_A', 'irc_net_', 'irc_canary', 'irc_net_=5', 'other']) {
    assert.equal(readPuppetLocalpart(localpart), undefined);
  }
});

test('aliases name their channel, also with characters that aliases cannot have', () => {
  for (const channel of ['#matrix', '##c', '&local', '#a:b', '#a=3ab']) {
    const alias = `#${toAliasLocalpart('libera', channel)}:example.org:8448`;
    assert.deepEqual(readPortalAlias(alias, 'example.org:8448'), { network: 'libera', channel });
  }
  assert.equal(readPortalAlias('#irc_libera_#a:other.org', 'example.org'), undefined);
  assert.equal(readPortalAlias('#irc_libera_nick:example.org', 'example.org'), undefined);
});

test('a username is short, the same for a user always, and another user’s is another one', () => {
  assert.equal(chooseUsername('@alice:s', 's'), 'alice');
  assert.match(chooseUsername('@alice:other', 's'), /^alice[0-9a-f]{5}$/);
  assert.notEqual(chooseUsername('@alice.b:s', 's'), chooseUsername('@alice.c:s', 's'));
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) =>
      /^[a-z][a-z0-9_-]{0,9}$/.test(chooseUsername(`@${name}:s`, 's')),
    ),
  );
});

test('a nick is chosen that IRC takes, whatever somebody is called', () => {
  assert.equal(chooseNick('@alice:s', undefined), 'alice[m]');
  assert.equal(chooseNick('@alice:s', 'Ålice Müller'), 'Alice_Muller[m]');
  assert.equal(chooseNick('@_1:s', '中文'), '_1[m]');
  assert.equal(chooseNick('@1:s', '😀'), 'matrix[m]');
  assert.equal(chooseNick('@alice:s', 'a'.repeat(50), 9), 'aaaaaa[m]');
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (name) => isNick(chooseNick('@x:s', name))));
});
