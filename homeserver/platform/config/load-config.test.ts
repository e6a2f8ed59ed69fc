import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeTestFolder } from '../../testing/make-test-folder.ts';
import { listSettings } from './config-keys.ts';
import { configKeys } from './config-schema.ts';
import { ConfigError, loadConfig } from './load-config.ts';

async function writeConfig(text: string): Promise<string> {
  const file = join(await makeTestFolder(), 'given.yaml');
  await writeFile(file, text);
  return file;
}

/** The problems that a file's text has, without the folder of the file. */
async function findProblems(text: string, environment: Record<string, string> = {}): Promise<string[]> {
  const file = await writeConfig(text);
  try {
    loadConfig({ file, environment });
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems.map((problem) => problem.replace(file, 'given.yaml'));
  }
}

test('nothing needs to be set', () => {
  const { config, file, origins } = loadConfig({ environment: {}, workingFolder: '/somewhere' });
  assert.equal(config.dataDir, '/somewhere/data');
  assert.equal(config.http.port, 8008);
  assert.equal(config.serverName, undefined);
  assert.equal(config.room.defaultVersion, '12');
  assert.equal(file, undefined);
  assert.equal(origins.size, 0);
});

test('every default keeps the rules of its own key', () => {
  const file = `${listSettings(configKeys)
    .filter(({ setting }) => setting.default !== undefined)
    .map(({ variable, setting: { schema, default: value } }) => {
      return [variable, schema.items?.type === 'object' ? JSON.stringify(value) : String(value)];
    })
    .map(([variable, value]) => `${variable}=${value}`)
    .join('\n')}`;
  const environment = Object.fromEntries(file.split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2)));
  const { origins } = loadConfig({ environment, workingFolder: '/somewhere' });
  assert.ok(origins.size > 40);
});

test('the environment goes before the file, and the file before the defaults', async () => {
  const file = await writeConfig('http:\n  port: 1111\n  bind: "::1"\n');
  const environment = { HOLDFAST_HTTP_PORT: '2222', HOLDFAST_LOG_LEVEL: '' };
  const { config, origins } = loadConfig({ file, environment });
  assert.equal(config.http.port, 2222);
  assert.equal(config.http.bind, '::1');
  assert.equal(config.log.level, 'info');
  assert.deepEqual(
    [...origins],
    [
      ['http.port', 'HOLDFAST_HTTP_PORT'],
      ['http.bind', `${file}:3`],
    ],
  );
});

test('holdfast.yaml in the data folder is read without being named', async () => {
  const folder = await makeTestFolder();
  await mkdir(join(folder, 'here'));
  await writeFile(join(folder, 'here', 'holdfast.yaml'), 'server_name: example.org\n');
  const environment = { HOLDFAST_DATA_DIR: 'here' };
  const { config, file } = loadConfig({ environment, workingFolder: folder });
  assert.equal(config.serverName, 'example.org');
  assert.equal(config.dataDir, join(folder, 'here'));
  assert.equal(file, join(folder, 'here', 'holdfast.yaml'));
});

test('a relative data folder in a file is meant from where the file is', async () => {
  const file = await writeConfig('data_dir: below\n');
  const { config } = loadConfig({ file, environment: {}, workingFolder: '/somewhere' });
  assert.equal(config.dataDir, file.replace('given.yaml', 'below'));
});

test('a file that was named must be there', () => {
  assert.throws(() => loadConfig({ file: '/no/such.yaml', environment: {} }), /such\.yaml: there is no such file/);
  assert.throws(() => loadConfig({ environment: { HOLDFAST_CONFIG: '/no/such.yaml' } }), ConfigError);
});

test('an empty file and a file of comments are fine', async () => {
  assert.deepEqual(await findProblems(''), []);
  assert.deepEqual(await findProblems('# nothing yet\n'), []);
  assert.deepEqual(await findProblems('http:\n  # port: 8008\nserver_name:\n'), []);
});

const mistakes: readonly (readonly [story: string, text: string, problems: readonly string[]])[] = [
  ['a misspelt key', 'http:\n  prot: 8008\n', ['given.yaml:2: there is no key `http.prot`; did you mean `http.port`?']],
  [
    'a key in the spelling of the code',
    'http:\n  publicUrl: x\n',
    ['given.yaml:2: there is no key `http.publicUrl`; did you mean `http.public_url`?'],
  ],
  ['a key without its section', 'port: 1\n', ['given.yaml:1: there is no key `port`; did you mean `http.port`?']],
  [
    'a misspelt section',
    '\nregistraton:\n  mode: open\n',
    ['given.yaml:2: there is no key `registraton`; did you mean `registration`?'],
  ],
  ['a key like no other', 'zzzzzzzz: 1\n', ['given.yaml:1: there is no key `zzzzzzzz`']],
  [
    'a misspelt choice',
    'registration:\n  mode: opn\n',
    ['given.yaml:2: registration.mode must be one of `closed`, `token`, `open` (it is text); did you mean `open`?'],
  ],
  ['a number out of range', 'http: { port: 70000 }\n', ['given.yaml:1: http.port must be at most 65535 (it is 70000)']],
  ['text for a number', 'http:\n  port: eighty\n', ['given.yaml:2: http.port must be a whole number (it is text)']],
  ['a value for a section', 'http: 8008\n', ['given.yaml:1: http must be a section with keys below it (it is 8008)']],
  [
    'a list for the whole file',
    '- http\n',
    ['given.yaml:1: the file must be a section with keys below it (it is a list)'],
  ],
  [
    'a server name with its scheme',
    'server_name: https://example.org/\n',
    [
      'given.yaml:1: server_name must be a host name with an optional port, such as `example.org`: ' +
        'did you mean `example.org`?',
    ],
  ],
  [
    'a database of another kind',
    'database:\n  url: mysql://a/b\n',
    ['given.yaml:2: database.url must begin with `postgres://`'],
  ],
];

for (const [story, text, problems] of mistakes) {
  test(`${story} is refused with its place and what was meant`, async () => {
    assert.deepEqual(await findProblems(text), problems);
  });
}

test('all problems are told at once, in the order of the file', async () => {
  const problems = await findProblems('log:\n  level: loud\nhttp:\n  port: -1\n', { HOLDFAST_HTTP_PRT: '1' });
  assert.equal(problems.length, 3);
  assert.match(problems[0] ?? '', /^given\.yaml:2/);
  assert.match(problems[1] ?? '', /^given\.yaml:4/);
  assert.equal(problems[2], 'HOLDFAST_HTTP_PRT: there is no such setting; did you mean HOLDFAST_HTTP_PORT?');
});

test('broken YAML and keys given twice are told with their line', async () => {
  assert.match((await findProblems('a: [1\n')).join(), /^given\.yaml:\d/);
  assert.match((await findProblems('presence:\n  enabled: true\npresence: {}\n')).join(), /^given\.yaml:3/);
});

test('hostile YAML is refused and not unfolded', async () => {
  const bomb = `a: &a [x,x]\n${[...'bcdefgh'].map((n, i) => `${n}: &${n} [${`*${'abcdefg'[i]},`.repeat(9)}]`).join('\n')}`;
  assert.ok((await findProblems(bomb)).length > 0);
  assert.ok((await findProblems(`a: ${'['.repeat(50_000)}`)).length > 0);
  assert.ok((await findProblems('x'.repeat(2_000_000))).length > 0);
  assert.ok((await findProblems('__proto__:\n  polluted: true\n')).length > 0);
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
});

test('a secret is not repeated in a problem', async () => {
  const problems = await findProblems('database:\n  url: "geheim"\nregistration:\n  sharedsecret: geheim\n');
  assert.equal(problems.length, 2);
  assert.doesNotMatch(problems.join(), /geheim/);
});

test('variables that Kubernetes makes for a service of our name are not taken for settings', () => {
  const environment = {
    HOLDFAST_PORT: 'tcp://1.2.3.4:5',
    HOLDFAST_SERVICE_HOST: '1.2.3.4',
    HOLDFAST_PORT_8008_TCP: 'x',
  };
  assert.equal(loadConfig({ environment }).origins.size, 0);
});

test('values of the environment are of the kind of their key', () => {
  const environment = {
    HOLDFAST_PRESENCE_ENABLED: 'false',
    HOLDFAST_HTTP_TRUSTED_PROXIES: '10.0.0.0/8, ::1',
    HOLDFAST_RATE_LIMITS_JOIN_PER_SECOND: '0.25',
  };
  const { config } = loadConfig({ environment });
  assert.equal(config.presence.enabled, false);
  assert.deepEqual(config.http.trustedProxies, ['10.0.0.0/8', '::1']);
  assert.equal(config.rateLimits.join.perSecond, 0.25);
  assert.throws(() => loadConfig({ environment: { HOLDFAST_PRESENCE_ENABLED: 'no' } }), /must be true or false/);
  assert.throws(() => loadConfig({ environment: { HOLDFAST_HTTP_PORT: '1e3' } }), /whole number from 0 to 65535/);
});

test('several database hosts may be named', () => {
  const url = 'postgres://u:p@a:5432,b:5433/holdfast?target_session_attrs=primary';
  assert.equal(loadConfig({ environment: { HOLDFAST_DATABASE_URL: url } }).config.database.url, url);
  assert.throws(() => loadConfig({ environment: { HOLDFAST_DATABASE_URL: 'postgres://u:p@a' } }), /name the database/);
});

test('nobody can change a loaded configuration', () => {
  const { config } = loadConfig({ environment: {} });
  assert.throws(() => Object.assign(config.http, { port: 1 }), TypeError);
});
