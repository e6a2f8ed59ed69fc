import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startDeadline } from '@holdfast/effects/deadline.ts';
import type { SendRequest } from '@holdfast/effects/send-request.ts';
import type { MonitorSettings } from '../configuration/monitor-settings.ts';
import type { VolumeObservation } from '../observations/volumes.ts';
import { volumesSource } from './volumes.ts';
import { listFolders } from './watched-folders.ts';

const nobody: SendRequest = () => Promise.reject(new Error('nobody is there'));
const facts = { type: 0, bsize: 1, blocks: 1_000, bavail: 500, files: 0, ffree: 0 };
const sound = {
  readLogLimit: () => undefined,
  readFileSystem: async () => facts,
  isWritable: async () => true,
  send: nobody,
};

async function look(source: ReturnType<typeof volumesSource>, atMs = 0): Promise<readonly VolumeObservation[]> {
  const deadline = startDeadline(source.timeoutMs, 'a look');
  try {
    return await source.look(deadline, atMs);
  } finally {
    deadline.finish();
  }
}
const names = (volumes: readonly VolumeObservation[]) => volumes.map(({ holds, path }) => `${holds} at ${path}`);

function settings(changed: Partial<MonitorSettings>): MonitorSettings {
  const volumes = [{ path: '/', holds: 'system' }];
  const own = { data_dir: '/data', media_dir: '/data/media', backup_folder: '/mnt/backup', status_folder: '/srv' };
  return { ...own, is_database_embedded: true, volumes, ...changed } as MonitorSettings;
}

test('folders on one volume are one, the database first, and each other volume is watched by itself', async () => {
  const device = (path: string) => (path.startsWith('/mnt') ? 2 : path.startsWith('/var') ? 3 : 1);
  const seen = async (given: Partial<MonitorSettings>) => {
    const folders = listFolders(settings(given)).map((folder) => ({ ...folder, mayBeMissing: false }));
    return look(volumesSource({ ...sound, folders, readDevice: async (path) => device(path) }));
  };
  const embedded = await seen({});
  assert.deepEqual(names(embedded), ['database, media, status page, system at /data', 'backups at /mnt/backup']);
  assert.deepEqual(
    embedded.map(({ hasReserve }) => hasReserve),
    [true, undefined],
  );
  // With a PostgreSQL of one's own the data folder is not where it is, unless that is said.
  const own = { is_database_embedded: false, volumes: [{ path: '/var/lib/postgresql', holds: 'database' }] };
  const [data, , database] = await seen(own);
  assert.deepEqual(names([data!, database!]), [
    'data folder, media, status page at /data',
    'database at /var/lib/postgresql',
  ]);
  assert.deepEqual([data?.hasReserve, database?.hasReserve], [true, undefined]);
  const [beside] = await seen({ ...own, volumes: [{ path: '/pg', holds: 'database' }] });
  assert.deepEqual(
    [names([beside!]), beside?.hasReserve],
    [['database, data folder, media, status page at /pg'], true],
  );
});

test('a file system that hangs is told as unseen, is not asked again, and the others are seen', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let asked = 0;
  const source = volumesSource({
    ...{ ...sound, folders: ['/data', '/mnt'].map((path) => ({ path, holds: path.slice(1) })) },
    readDevice: async (path) => path.length,
    readFileSystem: (path) => {
      if (path === '/data') return Promise.resolve(facts);
      asked++;
      return new Promise(() => {});
    },
  });
  const looked = async (atMs: number) => {
    const looking = look(source, atMs);
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    await new Promise(setImmediate);
    t.mock.timers.tick(4_000);
    return looking;
  };
  const first = await looked(0);
  assert.deepEqual(names(first), ['data at /data', 'mnt at /mnt']);
  assert.equal(first[0]?.unseen, undefined);
  const [, hanging] = await looked(40_000);
  assert.equal(hanging?.unseen?.forMs, 40_000);
  assert.match(hanging?.unseen?.why ?? '', /longer than 4000 ms/);
  assert.equal(asked, 1);
});

test('a folder that is named and not there is told; one that may not be made yet is where its parent is', async () => {
  const readers = { readLogLimit: () => undefined, send: nobody };
  const missing = '/proc/no-such-folder/inside';
  const [named] = await look(volumesSource({ ...readers, folders: [{ path: missing, holds: 'archive' }] }));
  assert.match(named?.unseen?.why ?? '', /ENOENT/);
  const folders = [{ path: '/no-such-folder/media', holds: 'media', mayBeMissing: true }];
  const [implied] = await look(volumesSource({ ...readers, folders }));
  assert.ok((implied?.sizeBytes ?? 0) > 0);
});

test('an image as root is no volume that fills or fails; a root that was written to and cannot be any more is', async () => {
  let writable = false;
  const folders = [{ path: '/', holds: 'system' }];
  const source = volumesSource({ ...sound, folders, readDevice: async () => 1, isWritable: async () => writable });
  assert.deepEqual(await look(source), []);
  writable = true;
  assert.deepEqual(names(await look(source)), ['system at /']);
  writable = false;
  assert.equal((await look(source))[0]?.isReadOnly, true);
});

const exported = `
node_filesystem_avail_bytes{device="/dev/sda1",fstype="ext4",mountpoint="/"} 70
node_filesystem_size_bytes{device="/dev/sda1",fstype="ext4",mountpoint="/"} 100
node_filesystem_avail_bytes{device="/dev/sdb1",fstype="xfs",mountpoint="/var/lib"} 4e+01
node_filesystem_size_bytes{device="/dev/sdb1",fstype="xfs",mountpoint="/var/lib"} 50
node_filesystem_files{device="/dev/sdb1",fstype="xfs",mountpoint="/var/lib"} 10
node_filesystem_files_free{device="/dev/sdb1",fstype="xfs",mountpoint="/var/lib"} 9
node_filesystem_readonly{device="/dev/sdb1",fstype="xfs",mountpoint="/var/lib"} 1
`;

test('volumes of other machines are read from their node exporter, each from the mount that is nearest', async () => {
  const exporter = 'http://10.0.0.11:9100/metrics';
  const folders = [
    { path: '/var/lib/holdfast-db', holds: 'database', exporter },
    { path: '/var/library', holds: 'books', exporter },
  ];
  let answer = { status: 200, body: exported };
  const source = volumesSource({ ...sound, folders, send: async () => ({ header: () => null, ...answer }) });
  const [database, books] = await look(source);
  assert.deepEqual(names([database!, books!]), [
    'database at 10.0.0.11:/var/lib/holdfast-db',
    'books at 10.0.0.11:/var/library',
  ]);
  assert.deepEqual(
    [database?.sizeBytes, database?.availableBytes[0]?.value, database?.inodes, database?.isReadOnly],
    [50, 40, { available: 9, total: 10 }, true],
  );
  assert.deepEqual([books?.sizeBytes, books?.availableBytes[0]?.value, books?.isReadOnly], [100, 70, false]);
  answer = { status: 500, body: '' };
  assert.match((await look(source))[0]?.unseen?.why ?? '', /answers 500/);
});
