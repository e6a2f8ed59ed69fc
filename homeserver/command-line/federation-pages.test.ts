import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { collectOutput } from '../testing/collect-output.ts';
import { makeTestFolder } from '../testing/make-test-folder.ts';
import { runCommandLine } from './run-command-line.ts';

const pages = ['federation-own-listener.md', 'federation-behind-a-proxy.md', 'federation-delegation.md'];

/** What a page prints in blocks of a language. */
async function readBlocks(page: string, language: string): Promise<string[]> {
  const text = await readFile(new URL(`../../docs/operating/${page}`, import.meta.url), 'utf8');
  return [...text.matchAll(/```(\w+)\n(.*?)```/gs)]
    .filter((found) => found[1] === language)
    .map((found) => found[2] ?? '');
}

test('each way to be reachable has a configuration that Holdfast takes, and proxies that leave paths as they are', async () => {
  for (const page of pages) {
    const files = await readBlocks(page, 'yaml');
    assert.equal(files.length, 1, page);
    const file = join(await makeTestFolder(), 'holdfast.yaml');
    await writeFile(file, files[0] ?? '');
    const { output, complaints } = collectOutput();
    assert.equal(await runCommandLine(['config', 'check', '--config', file], output), 0, complaints());
    const nginx = (await readBlocks(page, 'nginx')).join('');
    const caddy = (await readBlocks(page, 'caddyfile')).join('');
    const targets = [...`${nginx}${caddy}`.matchAll(/(?:proxy_pass http:\/\/|reverse_proxy )(.*)/g)].map(
      ([, to]) => to,
    );
    const isProxied = page !== 'federation-own-listener.md';
    assert.deepEqual(targets, isProxied ? ['127.0.0.1:8008;', '127.0.0.1:8008'] : [], page);
  }
});

test('the hook for renewed certificates, and the commands around it, are such that a shell takes them', async () => {
  const blocks = await readBlocks('federation-own-listener.md', 'sh');
  assert.ok(blocks.some((block) => block.startsWith('#!/bin/sh\n')));
  for (const input of blocks) execFileSync('sh', ['-n'], { input });
});
