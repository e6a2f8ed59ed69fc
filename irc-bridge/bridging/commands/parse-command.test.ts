import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatCommands, parseCommand } from './parse-command.ts';

const one = ['libera'];
const two = ['libera', 'oftc'];

test('commands are read in rooms behind `!irc`, and in a talk with the bot alone without it', () => {
  const link = { kind: 'link', network: 'libera', channel: '#matrix' };
  assert.deepEqual(parseCommand('!irc link libera #matrix', two, false), link);
  assert.deepEqual(parseCommand('!link #matrix', one, true), link);
  assert.equal(parseCommand('!link #matrix', one, false), undefined);
  assert.equal(parseCommand('hello', one, true), undefined);
  assert.equal(parseCommand('!ircx', one, false), undefined);
  assert.deepEqual(parseCommand('!irc', one, false), { kind: 'help' });
});

test('the network may be left out where there is one only', () => {
  assert.deepEqual(parseCommand('!nick Alice', one, true), { kind: 'nick', network: 'libera', nick: 'Alice' });
  const problem = parseCommand('!nick Alice', two, true);
  assert.equal(problem?.kind, 'problem');
  assert.match(JSON.stringify(problem), /libera, oftc/);
});

test('text keeps its words, keys and passwords are taken as they are', () => {
  const message = { kind: 'msg', network: 'oftc', nick: 'bob', text: 'how are you' };
  assert.deepEqual(parseCommand('!msg OFTC bob how are you', two, true), message);
  const key = { kind: 'join', network: 'libera', channel: '#a', key: 'k' };
  assert.deepEqual(parseCommand('!join #a k', one, true), key);
  const password = { kind: 'password', network: 'libera', account: 'alice', password: 'p' };
  assert.deepEqual(parseCommand('!password alice p', one, true), password);
});

test('what is written wrongly is answered with how it is written', () => {
  for (const text of ['!join matrix', '!join #a,#b', '!nick 1a', '!msg bob', '!quit now', '!join #a k more']) {
    const problem = parseCommand(text, one, true);
    assert.equal(problem?.kind, 'problem', text);
    assert.match(JSON.stringify(problem), /written so/);
  }
  assert.match(JSON.stringify(parseCommand('!constructor', one, true)), /no command/);
  assert.match(formatCommands(false), /^!irc help/);
});
