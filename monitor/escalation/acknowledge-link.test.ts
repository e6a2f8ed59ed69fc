import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAcknowledgeToken, readAcknowledgeToken } from './acknowledge-link.ts';

const claim = { incident: '20170512T025004-database-down', person: 'anna' };

test('a token says who takes what, and only with the secret that it was made with', () => {
  const token = formatAcknowledgeToken('secret', claim);
  assert.deepEqual(readAcknowledgeToken('secret', token), claim);
  assert.equal(readAcknowledgeToken('other', token), undefined);
  assert.equal(readAcknowledgeToken('secret', token.replace('anna', 'ben')), undefined);
});

for (const wrong of ['', 'a', 'a/b', 'a/b/c', 'a/b/c/d', '%/%/%', 'x'.repeat(1_000)]) {
  test(`what is no token is none: ${wrong.slice(0, 10)}`, () => {
    assert.equal(readAcknowledgeToken('secret', wrong), undefined);
  });
}
