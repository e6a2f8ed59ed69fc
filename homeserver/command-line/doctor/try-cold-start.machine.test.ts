import assert from 'node:assert/strict';
import { chmod, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../platform/config/load-config.ts';
import { makeTestFolder } from '../../testing/make-test-folder.ts';
import { tryColdStart } from './try-cold-start.ts';

async function tryWith(settings: object, hooks: Readonly<Record<string, string>> = {}) {
  const folder = await makeTestFolder();
  const file = join(folder, 'holdfast.yaml');
  await writeFile(file, JSON.stringify({ server_name: 'example.org', data_dir: join(folder, 'real'), ...settings }));
  const hookFolder = join(folder, 'hooks');
  await mkdir(hookFolder);
  for (const [name, text] of Object.entries(hooks)) {
    await writeFile(join(hookFolder, name), text);
    await chmod(join(hookFolder, name), 0o755);
  }
  const findings = await tryColdStart(loadConfig({ environment: {}, file }).config, file, [hookFolder]);
  await assert.rejects(stat(join(folder, 'real')), { code: 'ENOENT' });
  return { folder, findings: findings.map(({ verdict, what }) => `${verdict}: ${what}`) };
}

test('a cold start is tried for real, with each hook of the network, and changes nothing outside', async () => {
  const path = (name: string) => `/etc/holdfast-cold-${process.pid}-${name}`;
  const { findings } = await tryWith(
    {},
    {
      // As the hook of 2017: it would put the routes back, and does not find the program.
      bare: '#!/bin/sh\nip route add 10.0.0.0/8 dev lo\n',
      whole: '#!/bin/sh\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\nip route add 10.0.0.0/8 dev lo\n',
      writes: `#!/bin/sh\necho x > ${path('x')}\n`,
    },
  );
  assert.match(findings[0] ?? '', /^ok: a cold start .* serves after \d/);
  assert.match(findings[1] ?? '', /^problem: the hook \S+\/bare does not find its programs where PATH is empty: .*ip/s);
  assert.match(findings[2] ?? '', /^ok: the hook \S+\/whole/);
  assert.match(findings[3] ?? '', /^ok: the hook \S+\/writes/);
  await assert.rejects(stat(path('x')), { code: 'ENOENT' });
});

test('a start that cannot work is a problem, with what it said', async () => {
  const broken = await tryWith({ tls: { port: 18_449, certificate: '/no/such.pem', key: '/no/such.pem' } });
  assert.match(broken.findings[0] ?? '', /^problem: a cold start .* ended by itself after .*no\/such\.pem/s);
});
