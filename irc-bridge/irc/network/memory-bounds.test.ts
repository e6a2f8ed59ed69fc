import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeManualClock } from '@holdfast/homeserver/testing/make-manual-clock.ts';
import type { IrcEvent } from '../irc-event.ts';
import { parseIrcLine } from '../lines/irc-line.ts';
import { rfcFeatures } from '../lines/network-features.ts';
import { ChannelList } from './channel-list.ts';
import { Deputies } from './deputies.ts';
import { Netsplits } from './netsplits.ts';
import { UserConnections } from './user-connections.ts';

const fold = (name: string) => name.toLowerCase();

test('all channels of a network together have a bound of members, and who leaves makes room', () => {
  const channels = new ChannelList(fold);
  const fill = (channel: string, count: number) => {
    for (let number = 0; number < count; number++) channels.add(channel, `n${number}`);
  };
  const names = Array.from({ length: 10 }, (_, index) => `#full${index}`);
  for (const name of [...names, '#more']) channels.enter(name);
  for (const name of names) fill(name, 100_000);
  channels.add('#more', 'late');
  assert.deepEqual(channels.members('#more'), []);
  channels.rename('n1', 'other');
  channels.removeEverywhere('n2');
  channels.leave('#full9');
  fill('#more', 200_000);
  assert.equal(channels.members('#more').length, 100_000);
  channels.enter('#full0');
  channels.add('#full0', 'again');
  assert.equal(channels.members('#full0').length, 1);
});

test('a channel has no more modes than there are letters', () => {
  const channels = new ChannelList(fold);
  channels.enter('#room');
  for (let code = 0x4e00; code < 0x4e00 + 500; code++) {
    channels.changeModes('#room', [{ mode: String.fromCharCode(code), isSet: true }], rfcFeatures);
  }
  assert.equal(channels.modes('#room').size, 100);
});

test('QUITs with a reason of their own each are told before too many are collected, and so are JOINs of one person', () => {
  const told: IrcEvent[] = [];
  const splits = new Netsplits(makeManualClock(), 1_000, fold, (event) => told.push(event));
  for (let number = 0; number < 5_000; number++) {
    splits.addQuit({ nick: `n${number}`, channels: [] }, `a${number}.net b.net`);
  }
  assert.equal(told.length, 5_000);
  for (let number = 0; number < 5_000; number++) assert.ok(splits.takeJoin('n1', `#c${number}`));
  const [came] = told.slice(5_000);
  assert.equal(came?.kind === 'netjoin' && came.people[0]?.channels.length, 5_000);
});

test('nicks that a server gives to a connection one after the other are not all kept for a minute', () => {
  const timers: (() => void)[] = [];
  const clock = {
    ...makeManualClock(),
    startTimer(_: number, run: () => void) {
      timers.push(run);
      return { cancel() {} };
    },
  };
  const users = new UserConnections(clock, fold);
  for (let number = 0; number < 6_000; number++) {
    users.hasNick('@alice:s', `n${number}`);
    users.losesNick('@alice:s', `n${number}`);
  }
  assert.equal(timers.length, 5_000);
  assert.deepEqual([users.userOf('n4999'), users.userOf('n5000')], ['@alice:s', undefined]);
  for (const run of timers.splice(0)) run();
  assert.equal(users.userOf('n0'), undefined);
  users.losesNick('@alice:s', 'n0');
  assert.equal(timers.length, 1);
});

test('that the bot is put out of a channel counts for those who are there', () => {
  const deputies = new Deputies({ fold, isBot: (nick) => nick === 'bot' });
  const see = (line: string, joined: string[]) => {
    deputies.follow(parseIrcLine(line) ?? assert.fail(line), '@alice:s', new Set(joined));
  };
  see(':op!u@h KICK #room bot :out', []);
  see(':bot!u@h QUIT :gone', ['#room']);
  assert.ok(deputies.hears('#room', '@alice:s'));
});
