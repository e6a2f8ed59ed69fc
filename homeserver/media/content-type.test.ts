import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatContentDisposition } from './content-disposition.ts';
import { chooseContentType, isInlineType } from './content-type.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const png = bytes('\x89PNG\r\n\x1a\nrest');
const noise = bytes('\xd1\x05\x9e\x88\x12\xf0\x7c');

for (const [claimed, head, expected] of [
  [undefined, png, 'application/octet-stream'],
  ['', png, 'application/octet-stream'],
  ['image/png', png, 'image/png'],
  ['Image/PNG; x=y', png, 'Image/PNG; x=y'],
  ['image/png', noise, 'application/octet-stream'],
  ['image/jpeg', png, 'application/octet-stream'],
  ['image/gif', bytes('GIF89a...'), 'image/gif'],
  ['image/webp', bytes('RIFF1234WEBPVP8 '), 'image/webp'],
  ['image/webp', bytes('RIFF1234WAVEfmt '), 'application/octet-stream'],
  ['audio/wav', bytes('RIFF1234WAVEfmt '), 'audio/wav'],
  ['video/mp4', bytes('\0\0\0\x20ftypisom'), 'video/mp4'],
  ['video/quicktime', bytes('\0\0\0\x08wide'), 'video/quicktime'],
  ['video/webm', noise, 'application/octet-stream'],
  ['audio/mpeg', bytes('ID3\x04'), 'audio/mpeg'],
  ['application/pdf', bytes('%PDF-1.7'), 'application/pdf'],
  ['application/pdf', bytes(''), 'application/octet-stream'],
  ['application/x-own', noise, 'application/x-own'],
  ['text/plain', bytes('plain'), 'text/plain; charset=utf-8'],
  ['text/plain', Buffer.from('aé').subarray(0, 2), 'text/plain; charset=utf-8'],
  ['text/plain', noise, 'text/plain'],
  ['text/plain; charset=iso-8859-1', bytes('plain'), 'text/plain; charset=iso-8859-1'],
  ['text/html', bytes('<html>'), 'text/html; charset=utf-8'],
  ['nonsense', png, 'application/octet-stream'],
  ['a/b/c', png, 'application/octet-stream'],
  ['image/png\u00e9', png, 'application/octet-stream'],
  [`text/plain; ${'x'.repeat(300)}`, png, 'application/octet-stream'],
  ['toString/__proto__', png, 'toString/__proto__'],
] as const) {
  test(`${claimed ?? 'nothing'} with ${JSON.stringify(Buffer.from(head).toString('latin1'))} is ${expected}`, () => {
    assert.equal(chooseContentType(claimed, head), expected);
  });
}

test('what a browser could run is never shown inline', () => {
  for (const type of [
    'text/html',
    'image/svg+xml',
    'application/xhtml+xml',
    'text/xml',
    'application/pdf',
    'text/javascript',
  ]) {
    assert.equal(isInlineType(type), false, type);
    assert.match(formatContentDisposition(type, 'name'), /^attachment/);
  }
  assert.equal(isInlineType('IMAGE/PNG ; x=y'), true);
});

for (const [fileName, expected] of [
  [undefined, 'inline'],
  ['', 'inline'],
  ['ascii.png', 'inline; filename="ascii.png"'],
  ['with space; semicolon', 'inline; filename="with space; semicolon"'],
  ['quote " and \\', 'inline; filename="quote \\" and \\\\"'],
  ['🐱 (1).png', "inline; filename*=UTF-8''%F0%9F%90%B1%20%281%29.png"],
  ['line\r\nSet-Cookie: a', "inline; filename*=UTF-8''line%0D%0ASet-Cookie%3A%20a"],
  ['\ud800', "inline; filename*=UTF-8''%EF%BF%BD"],
] as const) {
  test(`the name ${JSON.stringify(fileName)} is written as ${expected}`, () => {
    assert.equal(formatContentDisposition('image/png', fileName), expected);
  });
}
