import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { collectOutput } from '../../testing/collect-output.ts';
import { makeTestFolder } from '../../testing/make-test-folder.ts';
import { runCommandLine } from '../run-command-line.ts';
import { formatPatroniFiles } from './patroni-files.ts';
import { defaultPorts, nameMachines, type PatroniPlan } from './patroni-plan.ts';

const example = join(import.meta.dirname, '../../../deploy/patroni/example');
const machines = ['192.0.2.11', '192.0.2.12', '192.0.2.13'];
const shared = ['--archive', '/mnt/archive', '--clients', '198.51.100.0/24'];

async function deploy(...args: string[]) {
  const { output, printed, complaints } = collectOutput();
  const exitCode = await runCommandLine(['deploy', 'patroni', ...args], output);
  return { exitCode, printed: printed(), complaints: complaints() };
}

test('deploy/patroni/example is what the command writes', async () => {
  const out = join(await makeTestFolder(), 'out');
  await cp(join(example, 'secrets.json'), join(out, 'secrets.json'));
  assert.equal((await deploy(...machines, '--out', out, ...shared)).exitCode, 0);
  const written = globSync('**/*.*', { cwd: out }).toSorted();
  assert.deepEqual(globSync('**/*.*', { cwd: example }).toSorted(), written);
  for (const path of written) {
    const [have, want] = [await readFile(join(example, path), 'utf8'), await readFile(join(out, path), 'utf8')];
    assert.equal(have, want, `${path}: make it anew as deploy/patroni/README.md says`);
  }
});

test('a commit waits for a replica, a replica that is away costs a bounded log, and etcd hears of it in time', async () => {
  const config = parse(await readFile(join(example, 'db-2/patroni.yml'), 'utf8')) as {
    name: string;
    watchdog: { mode: string };
    bootstrap: {
      dcs: Record<string, unknown> & { postgresql: { parameters: Record<string, string> } };
    };
  };
  const { dcs } = config.bootstrap;
  assert.equal(config.name, 'db-2');
  assert.equal(config.watchdog.mode, 'automatic');
  assert.deepEqual([dcs['synchronous_mode'], dcs['synchronous_mode_strict']], ['quorum', true]);
  assert.equal(dcs.postgresql.parameters['max_slot_wal_keep_size'], '8192MB');
  // Patroni's own rule.
  assert.ok(Number(dcs['loop_wait']) + 2 * Number(dcs['retry_timeout']) <= Number(dcs['ttl']));
});

test('a watchdog is used where there is one, demanded, or left alone, as somebody says', async () => {
  const folder = await makeTestFolder();
  for (const mode of ['automatic', 'required', 'off']) {
    const out = join(folder, mode);
    assert.equal((await deploy(...machines, '--out', out, ...shared, '--watchdog', mode)).exitCode, 0);
    const { watchdog } = parse(await readFile(join(out, 'db-1/patroni.yml'), 'utf8')) as { watchdog: { mode: string } };
    const unit = await readFile(join(out, 'db-1/holdfast-patroni.service'), 'utf8');
    const install = await readFile(join(out, 'db-1/install.sh'), 'utf8');
    assert.deepEqual([watchdog.mode, unit.includes('/dev/watchdog')], [mode, mode !== 'off']);
    assert.equal(install.includes('never becomes primary'), mode === 'required');
    // A machine without a watchdog starts its Patroni all the same.
    const [, program] = /^ExecStartPre=\+\/bin\/sh -c "(.*)"$/m.exec(unit) ?? [];
    if (program === undefined) continue;
    const tried = program.replaceAll('/dev/watchdog', join(folder, 'nothing')).replace('/sbin/modprobe', 'false');
    assert.equal(spawnSync('/bin/sh', ['-c', tried]).status, 0);
  }
});

test('passwords are made once, and differ from folder to folder', async () => {
  const folder = await makeTestFolder();
  const read = (out: string) => readFile(join(folder, out, 'holdfast.yaml'), 'utf8');
  const run = (out: string) => deploy(...machines, '--out', join(folder, out), ...shared);
  await run('one');
  const first = await read('one');
  await run('one');
  assert.equal(await read('one'), first);
  await run('two');
  assert.notEqual(await read('two'), first);
  assert.match(
    first,
    /url: postgres:\/\/holdfast:[\w-]{32}@192\.0\.2\.11:5432,192\.0\.2\.12:5432,192\.0\.2\.13:5432\/holdfast/,
  );
});

test('what cannot be right is refused', async () => {
  const folder = await makeTestFolder();
  const out = ['--out', join(folder, 'out')];
  for (const [args, why] of [
    [[...machines.slice(1), ...out, ...shared], /three, five or seven/],
    [['192.0.2.11', '192.0.2.11', '192.0.2.12', ...out, ...shared], /twice/],
    [['db1', 'db2', 'db3', ...out, ...shared], /is no address/],
    [[...machines, ...out], /Which folder do all machines share/],
    [[...machines, ...out, '--archive', 'relative'], /no plain absolute path/],
    [[...machines, ...out, '--archive', "/a'b"], /no plain absolute path/],
    [[...machines, ...out, '--archive', '/a', '--clients', '10.0.0.0'], /is no network/],
    [[...machines, ...out, '--archive', '/a', '--slot-keep-mib', 'much'], /whole number/],
    [[...machines, ...out, '--archive', '/a', '--watchdog', 'perhaps'], /automatic, required, off/],
  ] as const) {
    const { exitCode, complaints } = await deploy(...args);
    assert.equal(exitCode, 1);
    assert.match(complaints, why);
  }
  await writeFile(join(folder, 'something'), '');
  assert.match((await deploy(...machines, '--out', folder, ...shared)).complaints, /has other files in it/);
});

test('a machine is promoted by hand only when it has been shown and its name typed', async () => {
  const folder = await makeTestFolder();
  const [home, archive] = [join(folder, 'db', 'db-2'), join(folder, 'archive')];
  await mkdir(join(home, 'data'), { recursive: true });
  await mkdir(join(archive, 'wal', '7'), { recursive: true });
  await writeFile(join(archive, 'wal', '7', '000000010000000000000001.gz'), '');
  const write = async (name: string, text: string) => {
    await writeFile(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    return join(folder, name);
  };
  await write('psql', 'case "$*" in *pg_is_in_recovery*) echo replica;; *) echo 2026-11-26 08:30:00+00;; esac');
  const PATRONICTL = await write('patronictl', `echo "$@" >>'${folder}/called'`);
  const plan: PatroniPlan = {
    ...{ machines: nameMachines(['192.0.2.11', '192.0.2.12', '192.0.2.13']), ports: defaultPorts, clients: [] },
    ...{ binFolder: folder, dataFolder: join(folder, 'db'), archiveFolder: archive, watchdog: 'off' },
    ...{ slotKeepMebibytes: 1, secrets: { superuser: 'a', replication: 'b', holdfast: 'c', restApi: 'd' } },
  };
  const program = formatPatroniFiles(plan).get('db-2/promote.sh') ?? '';
  const promote = (input: string) => {
    const { status, stdout } = spawnSync('/bin/sh', ['-c', program], {
      ...{ input, encoding: 'utf8', env: { ...process.env, PATRONICTL } },
    });
    return { status, stdout };
  };
  const called = () => readFile(join(folder, 'called'), 'utf8');
  const wrong = promote('db-3\n');
  assert.equal(wrong.status, 1);
  assert.match(wrong.stdout, /name: +db-2\nrole: +replica\nsize: +\d+ MiB\nlast write here: +2026-11-26 08:30:00/);
  assert.match(wrong.stdout, /newest log archived: 0 min old .*\nnewest base backup: none/);
  assert.match(wrong.stdout, /Nothing was changed/);
  assert.doesNotMatch(await called(), /failover/);
  assert.equal(promote('db-2\n').status, 0);
  assert.match(await called(), /failover --candidate db-2 --force/);
});
