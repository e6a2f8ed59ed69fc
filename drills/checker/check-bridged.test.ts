import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type BridgedChannel,
  type BridgedReader,
  type BridgedViolationKind,
  checkBridged,
  readSpokenLine,
  type SaidMessage,
  type Side,
} from './check-bridged.ts';

function say(side: Side, speaker: string, ...numbers: number[]): SaidMessage[] {
  return numbers.map((number) => ({ body: `${speaker}${number}`, side, speaker, fate: 'acknowledged' }));
}

const said: SaidMessage[] = [
  ...say('Matrix', 'm', 1, 2, 3),
  { body: 'm4', side: 'Matrix', speaker: 'm', fate: 'unknown' },
  { body: 'm5', side: 'Matrix', speaker: 'm', fate: 'refused' },
  ...say('Matrix', 'n', 1),
  ...say('IRC', 'i', 1, 2, 3),
];

const names = ['/messages', 'the service', 'the channel'] as const;
const sides: Readonly<Record<(typeof names)[number], Side>> = {
  '/messages': 'Matrix',
  'the service': 'Matrix',
  'the channel': 'IRC',
};
type Seen = Readonly<Record<(typeof names)[number], string>>;

const sound: Seen = {
  '/messages': 'm1 i1 m2 n1 hello m3 i2 i3',
  'the service': 'm1 i1 m2 n1 m3 i2 i3',
  'the channel': 'i1 i2 m1 i3 m2 n1 m3',
};

function channel(changed: Partial<Seen>): BridgedChannel {
  const readers: BridgedReader[] = names.map((name) => ({
    name,
    side: sides[name],
    bodies: (changed[name] ?? sound[name]).split(' '),
  }));
  return { channel: '#one', said, readers };
}

function kindsOf(changed: Partial<Seen>): string[] {
  return [...new Set(checkBridged(channel(changed)).map(({ kind, origin }) => `${kind} from ${origin}`))].sort();
}

test('a channel without fault passes, however the two sides cross', () => {
  assert.deepEqual(checkBridged(channel({})), []);
});

test('what had no clear answer may be there, on all sides', () => {
  const everywhere = Object.fromEntries(names.map((name) => [name, `${sound[name]} m4`]));
  assert.deepEqual(kindsOf(everywhere), []);
});

type Fault = readonly [fault: string, changed: Partial<Seen>, found: readonly `${BridgedViolationKind} from ${Side}`[]];

const faults: readonly Fault[] = [
  ['a message of Matrix is not on IRC', { 'the channel': 'i1 i2 m1 i3 n1 m3' }, ['lost from Matrix']],
  ['a message of IRC is not on Matrix', { '/messages': 'm1 i1 m2 n1 m3 i3' }, ['lost from IRC']],
  ['the service lacks a message of Matrix', { 'the service': 'm1 i1 n1 m3 i2 i3' }, ['lost from Matrix']],
  ['the service lacks a message of IRC', { 'the service': 'm1 i1 m2 n1 m3 i2' }, ['lost from IRC']],
  ['a message of Matrix is twice on IRC', { 'the channel': 'i1 i2 m1 i3 m2 n1 m2 m3' }, ['doubled from Matrix']],
  ['a message of IRC is twice on Matrix', { '/messages': 'm1 i1 m2 n1 m3 i1 i2 i3' }, ['doubled from IRC']],
  ['the service has a message of Matrix twice', { 'the service': 'm1 m1 i1 m2 n1 m3 i2 i3' }, ['doubled from Matrix']],
  ['a message of Matrix came back from IRC', { '/messages': 'm1 i1 m2 n1 m3 i2 i3 m1' }, ['doubled from Matrix']],
  [
    'two messages of Matrix changed places on IRC',
    { 'the channel': 'i1 i2 m1 i3 n1 m2 m3' },
    ['reordered from Matrix'],
  ],
  ['two messages of IRC changed places on Matrix', { '/messages': 'm1 i2 m2 n1 m3 i1 i3' }, ['reordered from IRC']],
  ['two messages changed places for the service', { 'the service': 'm1 i1 n1 m2 m3 i2 i3' }, ['reordered from Matrix']],
  [
    'the room has what one said in another order than it was said',
    {
      '/messages': 'm2 i1 m1 n1 m3 i2 i3',
      'the service': 'm2 i1 m1 n1 m3 i2 i3',
      'the channel': 'm2 m1 n1 m3 i1 i2 i3',
    },
    ['reordered from Matrix'],
  ],
  [
    'what was acknowledged is nowhere',
    { '/messages': 'm1 i1 m2 n1 i2 i3', 'the service': 'm1 i1 m2 n1 i2 i3', 'the channel': 'i1 i2 m1 i3 m2 n1' },
    ['not there at its origin from Matrix'],
  ],
  [
    'IRC has what Matrix has not',
    { 'the channel': `${sound['the channel']} m4` },
    ['not there at its origin from Matrix'],
  ],
  ['IRC has what Matrix refused', { 'the channel': `${sound['the channel']} m5` }, ['refused but present from Matrix']],
];

for (const [fault, changed, found] of faults) {
  test(`it is found when ${fault}`, () => assert.deepEqual(kindsOf(changed), found));
}

test('a side that nobody read does not pass', () => {
  const { readers, ...rest } = channel({});
  const onlyMatrix = readers.filter(({ side }) => side === 'Matrix');
  assert.ok(checkBridged({ ...rest, readers: onlyMatrix }).some(({ origin }) => origin === 'IRC'));
});

test('the time by which the bridge marks late messages is no part of them', () => {
  assert.deepEqual(readSpokenLine('[2026-11-26 18:05 UTC] m1'), { body: 'm1', isLate: true });
  assert.deepEqual(readSpokenLine('m1'), { body: 'm1', isLate: false });
});
