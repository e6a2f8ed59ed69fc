import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pages, views } from './pictured-pages.ts';

const docs = join(import.meta.dirname, '../../docs');

test('there is a picture of every page in every view, and no other', () => {
  const wanted = pages.flatMap((page) => views.map((view) => `${page}-${view}.png`));
  assert.deepEqual(readdirSync(join(docs, 'screenshots')).toSorted(), wanted.toSorted());
});

test('the page about the pages shows each of them, by pictures that are there', () => {
  const text = readFileSync(join(docs, 'operating/console.md'), 'utf8');
  const shown = [...text.matchAll(/\.\.\/screenshots\/([\w-]+)\.png/g)].map(([, name = '']) => name);
  const wanted = pages.flatMap((page) => [`${page}-desk-light`, `${page}-phone-dark`]);
  assert.deepEqual(shown.toSorted(), wanted.toSorted());
});
