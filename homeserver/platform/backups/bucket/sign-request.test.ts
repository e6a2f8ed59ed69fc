import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodePart, sha256, signRequest } from './sign-request.ts';

/** The keys, the time and the answers of Amazon's own examples, on the page that `signRequest` names. */
const keys = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
const nowMs = Date.parse('2013-05-24T00:00:00Z');
const host = 'https://examplebucket.s3.amazonaws.com';

function signatureOf(method: string, path: string, headers: Record<string, string>, body = '') {
  const request = { method, url: new URL(path, host), headers, bodySha256: sha256(body) };
  return /Signature=(.*)/.exec(signRequest(request, keys, 'us-east-1', nowMs)['authorization'] ?? '')?.[1];
}

test('a request is signed as the examples of Amazon are', () => {
  assert.equal(
    signatureOf('GET', '/test.txt', { range: 'bytes=0-9' }),
    'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  );
  assert.equal(
    signatureOf('GET', '/?lifecycle', {}),
    'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  );
  assert.equal(
    signatureOf('GET', '/?max-keys=2&prefix=J', {}),
    '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  );
});

test('names are encoded as the signature wants them', () => {
  assert.equal(encodePart("a b/c(d)!*'"), 'a%20b%2Fc%28d%29%21%2A%27');
  assert.equal(encodePart('a b/c+ü', true), 'a%20b/c%2B%C3%BC');
});
