import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findDivergence, type RoomSnapshot } from './find-divergence.ts';

function snapshot(serverName: string, changed: Partial<RoomSnapshot> = {}): RoomSnapshot {
  const state = new Map([['m.room.topic ', '$topic']]);
  return {
    ...{ serverName, accepted: new Set(['$one', '$two']), softFailed: new Set(), rejected: new Set() },
    ...{ doubled: [], state, ...changed },
  };
}

const judge = (changed: Partial<RoomSnapshot>, told: string[] = [], before: string[] = []) =>
  findDivergence([snapshot('a'), snapshot('b', changed)], new Set(before), new Set(told));

test('servers that have the same agree', () => {
  assert.equal(judge({}, ['$one', '$two']), undefined);
});

test('an event that one server accepted must be on all, soft-failed at least', () => {
  assert.equal(judge({ accepted: new Set(['$one']) }), 'b has not got $two');
  assert.equal(judge({ accepted: new Set(['$one']), softFailed: new Set(['$two']) }), undefined);
  assert.equal(
    judge({ accepted: new Set(['$one']), rejected: new Set(['$two']) }),
    'b rejected $two, which another server accepted',
  );
});

test('an event whose sender was told that it is sent may be lost on no server', () => {
  assert.equal(judge({}, ['$three']), 'a has not got $three');
});

test('what was before the servers came need not be everywhere', () => {
  assert.equal(judge({ accepted: new Set(['$one']) }, [], ['$two']), undefined);
});

test('no event may stand in a timeline twice', () => {
  assert.equal(judge({ doubled: ['$one'] }), 'b has $one twice');
});

test('another state event, one too few and one too many are found', () => {
  assert.match(judge({ state: new Map([['m.room.topic ', '$other']]) }) ?? '', /m.room.topic {2}is \$topic on a/);
  assert.match(judge({ state: new Map() }) ?? '', /and undefined on b/);
  const more = new Map([
    ['m.room.topic ', '$topic'],
    ['m.room.name ', '$name'],
  ]);
  assert.match(judge({ state: more }) ?? '', /m.room.name {2}is undefined on a/);
});
