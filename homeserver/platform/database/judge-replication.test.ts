import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeReplication, type ReplicationSlot } from './judge-replication.ts';

const mebibyte = 2 ** 20;
const well: ReplicationSlot = { name: 'db_2', isActive: true, isLost: false, safeBytes: 1_000 * mebibyte };

function judge(...changes: Partial<ReplicationSlot>[]) {
  const slots = changes.map((change) => ({ ...well, ...change }));
  const counts = { standbys: 1, synchronousStandbys: 1, lagBytes: 0, lagSeconds: 0 };
  return judgeReplication({ ...counts, slots, slotKeepBytes: 1_000 * mebibyte });
}

test('a replica that is away warns, and pages before its log is gone and after', () => {
  assert.deepEqual(judge({}), { severity: 'well', problems: [] });
  assert.deepEqual(judge({ isActive: false }), { severity: 'warning', problems: ['replica db_2 is away'] });
  const page = judge({ isActive: false, safeBytes: 400 * mebibyte });
  assert.deepEqual(page, { severity: 'page', problems: ['replica db_2 is away: 400 MiB until its log is gone'] });
  assert.equal(judge({ isActive: false, isLost: true, safeBytes: undefined }).severity, 'page');
});

test('one that is connected and far behind pages too, and the worst of several counts', () => {
  assert.equal(judge({ safeBytes: 400 * mebibyte }).severity, 'page');
  assert.equal(judge({ safeBytes: 400 * mebibyte }, { isActive: false }).severity, 'page');
  assert.equal(judge({ isActive: false }, {}).severity, 'warning');
});

test('where nothing bounds what is kept, a replica that is away is a warning', () => {
  const state = {
    standbys: 0,
    synchronousStandbys: 0,
    lagBytes: undefined,
    lagSeconds: undefined,
    slotKeepBytes: undefined,
  };
  const slots = [{ ...well, isActive: false, safeBytes: undefined }];
  assert.equal(judgeReplication({ ...state, slots }).severity, 'warning');
});
