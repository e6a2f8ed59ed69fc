import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { collectOutput } from '../testing/collect-output.ts';
import { makeTestFolder } from '../testing/make-test-folder.ts';
import { runCommandLine } from './run-command-line.ts';

async function run(...args: string[]) {
  const { output, printed, complaints } = collectOutput();
  const exitCode = await runCommandLine(args, output);
  return { exitCode, printed: printed(), complaints: complaints() };
}

test('without a command all commands are listed', async () => {
  const { exitCode, printed } = await run();
  assert.equal(exitCode, 0);
  for (const name of ['start', 'doctor', 'status', 'config check', 'version'])
    assert.ok(printed.includes(`  ${name} `));
});

test('a misspelt command is refused and the right one named', async () => {
  const { exitCode, complaints } = await run('docter');
  assert.equal(exitCode, 2);
  assert.match(complaints, /did you mean "holdfast doctor"\?/);
  assert.match((await run('config', 'chek')).complaints, /did you mean "holdfast config check"\?/);
  assert.match((await run('config')).complaints, /one of config check, config reference/);
  assert.match((await run('constructor')).complaints, /no command "constructor"/);
});

test('an unknown option and a stray word are refused with the help of the command', async () => {
  for (const args of [
    ['status', '--wrong'],
    ['version', 'stray'],
    ['config', 'check', '--config'],
  ]) {
    const { exitCode, complaints } = await run(...args);
    assert.equal(exitCode, 2);
    assert.match(complaints, /\n\nholdfast /);
  }
});

test('each command explains itself and does nothing else', async () => {
  const { exitCode, printed } = await run('start', '--help');
  assert.equal(exitCode, 0);
  assert.match(printed, /--data-dir VALUE/);
});

test('the version is that of the package', async () => {
  const { version } = JSON.parse(await readFile(join(import.meta.dirname, '../package.json'), 'utf8')) as {
    version: string;
  };
  for (const args of [['version'], ['--version']]) {
    assert.match((await run(...args)).printed, new RegExp(`^holdfast ${version.replaceAll('.', '\\.')} `));
  }
});

test('config check tells what is set and where, and no secret', async () => {
  const file = join(await makeTestFolder(), 'given.yaml');
  await writeFile(file, 'server_name: example.org\nregistration:\n  shared_secret: geheim\n');
  const { exitCode, printed } = await run('config', 'check', '--config', file);
  assert.equal(exitCode, 0);
  assert.ok(printed.includes(`server_name = "example.org"   from ${file}:1`));
  assert.ok(printed.includes(`registration.shared_secret = (hidden)   from ${file}:3`));
  assert.doesNotMatch(printed, /geheim/);
});

test('config check refuses a wrong file without a stack', async () => {
  const file = join(await makeTestFolder(), 'given.yaml');
  await writeFile(file, 'http:\n  prot: 1\n');
  const { exitCode, complaints } = await run('config', 'check', '--config', file);
  assert.equal(exitCode, 1);
  assert.equal(complaints, `${file}:2: there is no key \`http.prot\`; did you mean \`http.port\`?`);
});

test('docs/operating/configuration.md is what config reference prints', async () => {
  const page = await readFile(join(import.meta.dirname, '../../docs/operating/configuration.md'), 'utf8');
  const { printed } = await run('config', 'reference');
  assert.equal(
    page,
    `${printed}\n`,
    'run: node homeserver/holdfast.js config reference > docs/operating/configuration.md',
  );
});

test('the example of the documentation is right by config schema, and a misspelling in it is not', async () => {
  const schema = JSON.parse((await run('config', 'schema')).printed) as object;
  const [, example = ''] = /```yaml\n(.*?)```/s.exec((await run('config', 'reference')).printed) ?? [];
  const validate = new Ajv().compile(schema);
  assert.equal(validate(parse(example)), true, JSON.stringify(validate.errors));
  assert.equal(validate(parse(example.replace('public_url', 'publicurl'))), false);
});

test('status of a data folder that was never used says so', async () => {
  const folder = await makeTestFolder();
  const { exitCode, complaints } = await run('status', '--data-dir', folder);
  assert.equal(exitCode, 1);
  assert.match(complaints, /never started/);
});
