import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isServerName, parseServerName } from './server-name.ts';

const accepted: Record<string, ReturnType<typeof parseServerName>> = {
  'matrix.org': { hostname: 'matrix.org', port: undefined, kind: 'dns' },
  'matrix.org:8888': { hostname: 'matrix.org', port: 8888, kind: 'dns' },
  'MATRIX.org': { hostname: 'MATRIX.org', port: undefined, kind: 'dns' },
  localhost: { hostname: 'localhost', port: undefined, kind: 'dns' },
  '1.2.3.4': { hostname: '1.2.3.4', port: undefined, kind: 'ipv4' },
  '1.2.3.4:1234': { hostname: '1.2.3.4', port: 1234, kind: 'ipv4' },
  '1.2.3.456': { hostname: '1.2.3.456', port: undefined, kind: 'dns' },
  '[1234:5678::abcd]': { hostname: '[1234:5678::abcd]', port: undefined, kind: 'ipv6' },
  '[1234:5678::abcd]:5678': { hostname: '[1234:5678::abcd]', port: 5678, kind: 'ipv6' },
  '[::]': { hostname: '[::]', port: undefined, kind: 'ipv6' },
  '[::1]': { hostname: '[::1]', port: undefined, kind: 'ipv6' },
  '[1:2:3:4:5:6:7:8]': { hostname: '[1:2:3:4:5:6:7:8]', port: undefined, kind: 'ipv6' },
  '[::ffff:1.2.3.4]': { hostname: '[::ffff:1.2.3.4]', port: undefined, kind: 'ipv6' },
};

const refused = [
  '',
  ':8448',
  'matrix.org:',
  'matrix.org:123456',
  'matrix.org:65536',
  'matrix.org:-1',
  'matrix.org:80:80',
  'matrix.org/path',
  'user@matrix.org',
  'mätrix.org',
  'under_score.org',
  ' matrix.org',
  'matrix.org\n',
  'matrix.org\u0000',
  '1234:5678::abcd',
  '[]',
  '[:::]',
  '[1::2::3]',
  '[1:2:3:4:5:6:7]',
  '[1:2:3:4:5:6:7:8:9]',
  '[1:2:3:4:5:6:7:8::]',
  '[12345::]',
  '[1.2.3.4::]',
  '[::1.2.3.256]',
  '[::1',
  `${'a'.repeat(256)}`,
];

for (const [text, parts] of Object.entries(accepted)) {
  test(`${text} is a server name`, () => assert.deepEqual(parseServerName(text), parts));
}

for (const text of refused) {
  test(`${JSON.stringify(text).slice(0, 40)} is no server name`, () => assert.equal(isServerName(text), false));
}
