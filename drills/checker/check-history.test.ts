import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkHistory } from './check-history.ts';
import type { Answer, Attempt, History, Observation, SeenEvent, ViolationKind } from './history.ts';

const roomId = '!room:test';
const limits = { load: { startMs: 0, endMs: 1_000 }, longestGapMs: 500 };

function attempt(name: string, told: Partial<Extract<Answer, { kind: 'acknowledged' }>> | Answer = {}): Attempt {
  const answer = { kind: 'acknowledged', eventId: `$${name}`, atMs: 500, ...told } as Answer;
  return { transaction: `txn-${name}`, roomId, body: `body-${name}`, told: answer };
}

function seen(...names: string[]): SeenEvent[] {
  return names.map((name) => ({ eventId: `$${name}`, body: `body-${name}` }));
}

function observation(reader: string, events: readonly SeenEvent[], complete = true): Observation {
  return { reader, roomId, events, complete };
}

const unknown: Answer = { kind: 'unknown', reason: 'the connection broke' };
const refused: Answer = { kind: 'refused', reason: 'M_FORBIDDEN' };

/** A history without fault: three acknowledged, one of them after a doubt; one unknown and there, one not. */
const sound: History = {
  attempts: [
    attempt('a'),
    attempt('b', unknown),
    attempt('b'),
    attempt('c'),
    attempt('there', unknown),
    attempt('gone', unknown),
    attempt('no', refused),
  ],
  observations: [
    observation('first', seen('a', 'b', 'there', 'c')),
    observation('second', seen('a', 'b', 'there', 'c')),
    observation('follower', seen('a', 'there', 'c'), false),
  ],
};

function kindsOf(history: History): ViolationKind[] {
  return [...new Set(checkHistory(history, limits).violations.map(({ kind }) => kind))].sort();
}

test('a history without fault passes and is counted by what clients know', () => {
  const { violations, longestGap, ...counts } = checkHistory(sound, limits);
  assert.deepEqual(violations, []);
  assert.deepEqual(counts, { acknowledged: 3, unknown: 2, refused: 1, repeated: 1 });
  assert.equal(longestGap.durationMs, 500);
});

const first = sound.observations[0] as Observation;
const second = sound.observations[1] as Observation;
const follower = sound.observations[2] as Observation;
const replaced = { eventId: '$other', body: 'body-a' };

const plantedFaults: { fault: string; history: History; found: ViolationKind[] }[] = [
  {
    fault: 'an acknowledged event that no reader has',
    history: {
      ...sound,
      observations: [observation('first', seen('a', 'there', 'c')), observation('second', seen('a', 'there', 'c'))],
    },
    found: ['acknowledged event lost'],
  },
  {
    fault: 'an acknowledged event that one reader lacks',
    history: { ...sound, observations: [first, observation('second', seen('a', 'there', 'c'))] },
    found: ['acknowledged event lost', 'readers see different events'],
  },
  {
    fault: 'an unknown event that only one reader has',
    history: { ...sound, observations: [first, observation('second', seen('a', 'b', 'c'))] },
    found: ['readers see different events'],
  },
  {
    fault: 'a message stored as two events',
    history: {
      ...sound,
      observations: [
        observation('first', [...first.events, { eventId: '$again', body: 'body-there' }]),
        observation('second', [...second.events, { eventId: '$again', body: 'body-there' }]),
      ],
    },
    found: ['event seen twice'],
  },
  {
    fault: 'an event delivered twice to one who follows',
    history: { ...sound, observations: [first, second, observation('follower', seen('a', 'c', 'c'), false)] },
    found: ['event seen twice'],
  },
  {
    fault: 'two readers with different orders',
    history: { ...sound, observations: [first, observation('second', seen('b', 'a', 'there', 'c'))] },
    found: ['readers see different orders'],
  },
  {
    fault: 'a follower with another order',
    history: { ...sound, observations: [first, second, observation('follower', seen('c', 'a'), false)] },
    found: ['readers see different orders'],
  },
  {
    fault: 'a follower who was shown what was never stored',
    history: { ...sound, observations: [first, second, observation('follower', seen('a', 'gone'), false)] },
    found: ['readers see different events'],
  },
  {
    fault: 'a transaction that was acknowledged as two events',
    history: { ...sound, attempts: [...sound.attempts, attempt('b', { eventId: '$b2' })] },
    found: ['two events for one transaction'],
  },
  {
    fault: 'an event that is stored under another id than was acknowledged',
    history: {
      ...sound,
      observations: [observation('first', [replaced, ...first.events.slice(1)])],
    },
    found: ['acknowledged under another event id'],
  },
  {
    fault: 'an event that nobody sent',
    history: { ...sound, observations: [observation('first', [...first.events, ...seen('ghost')])] },
    found: ['event that nobody sent'],
  },
  {
    fault: 'an event that was refused and is there',
    history: { ...sound, observations: [observation('first', [...first.events, ...seen('no')])] },
    found: ['refused event present'],
  },
  {
    fault: 'a room that nobody read to its end',
    history: { ...sound, observations: [follower] },
    found: ['room that no reader read in full'],
  },
];

for (const { fault, history, found } of plantedFaults) {
  test(`finds ${fault}, and nothing else`, () => {
    assert.deepEqual(kindsOf(history), found);
  });
}

test('finds a gap at the beginning, in the middle and at the end of the load', () => {
  for (const [times, fromMs] of [
    [[501, 900], 0],
    [[200, 701, 900], 200],
    [[100, 499], 499],
  ] as const) {
    const attempts = times.map((atMs, index) => attempt(`g${index}`, { atMs }));
    const names = times.map((_, index) => `g${index}`);
    const verdict = checkHistory({ attempts, observations: [observation('first', seen(...names))] }, limits);
    assert.deepEqual(
      verdict.violations.map(({ kind }) => kind),
      ['gap without acknowledgement'],
    );
    assert.equal(verdict.longestGap.fromMs, fromMs);
    assert.ok(verdict.longestGap.durationMs > limits.longestGapMs);
  }
});

test('an event of one room that shows up in another is one that nobody sent there', () => {
  const elsewhere: Observation = { reader: 'second', roomId: '!other:test', events: seen('a'), complete: true };
  assert.deepEqual(kindsOf({ ...sound, observations: [first, elsewhere] }), ['event that nobody sent']);
});

test('a gap of one group of rooms is not hidden by acknowledgements in another', () => {
  const otherRoom = '!other:test';
  const busy = Array.from({ length: 9 }, (_, index) => attempt(`busy${index}`, { atMs: index * 100 }));
  const stalled = [100, 900].map((atMs, index) => ({ ...attempt(`stalled${index}`, { atMs }), roomId: otherRoom }));
  const observations = [
    observation('first', seen(...busy.map((_, index) => `busy${index}`))),
    { ...observation('first', seen('stalled0', 'stalled1')), roomId: otherRoom },
  ];
  const history = { attempts: [...busy, ...stalled], observations };
  assert.deepEqual(kindsOf(history), []);
  const verdict = checkHistory(history, { ...limits, groupOf: (room) => (room === otherRoom ? 1 : 0) });
  assert.deepEqual(
    verdict.violations.map(({ kind }) => kind),
    ['gap without acknowledgement'],
  );
  assert.equal(verdict.longestGap.durationMs, 800);
});
