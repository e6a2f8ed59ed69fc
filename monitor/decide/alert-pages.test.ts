import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { rules } from './rules.ts';

const folder = new URL('../../docs/operating/alerts/', import.meta.url);

test('every alert has its page, which says what it means, how to see it and what to do, and there is no other', () => {
  const pages = readdirSync(folder).filter((file) => file !== 'README.md');
  assert.deepEqual(pages.sort(), rules.map(({ name }) => `${name}.md`).sort());
  const list = readFileSync(new URL('README.md', folder), 'utf8');
  for (const { name, title } of rules) {
    const page = readFileSync(new URL(`${name}.md`, folder), 'utf8');
    assert.ok(page.startsWith(`# ${title}\n`), name);
    for (const part of ['What it means.', 'How to see it.', 'What to do.'])
      assert.match(page, new RegExp(`\\*\\*${part}\\*\\* \\S`));
    assert.ok(list.includes(`[${name}](${name}.md)`), `${name} is not in the list`);
  }
});
