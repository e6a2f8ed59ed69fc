import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLog } from '@holdfast/effects/log.ts';
import { openDiskReserve } from '../recover/disk-reserve.ts';
import type { MonitorSql } from '../storage/open-monitor-database.ts';
import { recover } from './recover.ts';

const mib = 1024 ** 2;
// The reserve has nothing to do with the database.
const parts = { sql: {} as MonitorSql, reserve: undefined, dropSlotsOverBytes: 1, log: silentLog };

test('the reserve takes its room on a real volume, gives it back when that is full, and leaves nothing when it does not fit', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-reserve-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', folder]);
  try {
    const free = async () => {
      const { bavail, bsize } = await statfs(folder);
      return Math.round((bavail * bsize) / mib);
    };
    const reserve = openDiskReserve(join(folder, 'monitor/reserve'), 20 * mib);
    await recover({ kind: 'fill-reserve' }, { ...parts, reserve });
    assert.deepEqual([await reserve.isHeld(), await free()], [true, 12]);
    await writeFile(join(folder, 'database'), Buffer.alloc(12 * mib)).catch(() => {});
    await assert.rejects(writeFile(join(folder, 'more'), Buffer.alloc(mib)), { code: 'ENOSPC' });
    assert.match((await recover({ kind: 'release-reserve' }, { ...parts, reserve })) ?? '', /20 MiB/);
    await writeFile(join(folder, 'more'), Buffer.alloc(mib));
    const large = openDiskReserve(join(folder, 'monitor/reserve'), 64 * mib);
    assert.equal(await recover({ kind: 'fill-reserve' }, { ...parts, reserve: large }), undefined);
    assert.equal(await large.isHeld(), false);
  } finally {
    execFileSync('umount', [folder]);
    await rm(folder, { recursive: true });
  }
});
