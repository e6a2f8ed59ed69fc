import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatContentDisposition } from './content-disposition.ts';
import { parseFileName } from './parse-content-disposition.ts';

const names: readonly (readonly [disposition: string | undefined, name: string | undefined])[] = [
  [undefined, undefined],
  ['inline', undefined],
  ['attachment; filename=plain.txt', 'plain.txt'],
  ['attachment; filename="a \\"b\\" c.txt"', 'a "b" c.txt'],
  ["inline; filename=old.txt; filename*=utf-8''n%C3%A9w.txt", 'néw.txt'],
  ["inline; filename=old.txt; filename*=utf-8''%ZZ", 'old.txt'],
  ['inline; filename="../../etc/passwd"', 'passwd'],
  ['inline; filename="C:\\\\x\\\\y.exe"', 'y.exe'],
  [`inline; filename="${Buffer.from('ö.png').toString('latin1')}"`, 'ö.png'],
  ["inline; filename*=utf-8''a%00%0Ab", 'ab'],
  ['inline; filename="/"', undefined],
];

for (const [disposition, name] of names) {
  test(`the file name of ${JSON.stringify(disposition)} is ${JSON.stringify(name)}`, () => {
    assert.equal(parseFileName(disposition), name);
  });
}

test('a name that this server sends is read back', () => {
  for (const name of ['a.txt', 'two words', 'naïve.png', '"quoted"', "it's.txt", '文件.pdf']) {
    assert.equal(parseFileName(formatContentDisposition('image/png', name)), name);
  }
});
