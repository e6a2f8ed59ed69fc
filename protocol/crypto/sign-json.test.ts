import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../events/pdu.ts';
import {
  makeTestSigningKey,
  nodeCryptoPrimitives as primitives,
  publicKeyOfSeed,
} from '../testing/node-crypto-primitives.ts';
import { decodeBase64 } from './base64.ts';
import { signJson } from './sign-json.ts';
import { signatureKeyIds, verifyJson } from './verify-json.ts';

// https://spec.matrix.org/v1.19/appendices/#cryptographic-test-vectors
const seed = decodeBase64('YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1') as Uint8Array;
const key = { name: 'domain', keyId: 'ed25519:1', secretKey: seed };
const findKey = (keyId: string) => (keyId === 'ed25519:1' ? publicKeyOfSeed(seed) : undefined);

test('an empty object is signed as the specification says', () => {
  assert.deepEqual(signJson({}, key, primitives), {
    signatures: {
      domain: {
        'ed25519:1': 'K8280/U9SSy9IVtjBuVeLr+HpOB4BQFWbg+UZaADMtTdGYI7Geitb76LTrr5QV/7Xg4ahLwYGYZzuHGZKM5ZAQ',
      },
    },
  });
});

test('an object with members is signed as the specification says', () => {
  assert.deepEqual(signJson({ one: 1, two: 'Two' }, key, primitives), {
    one: 1,
    two: 'Two',
    signatures: {
      domain: {
        'ed25519:1': 'KqmLSbO39/Bzb0QIYE82zqLwsA+PDzYIpIRA2sRQ4sL53+sN6/fpNSoqE7BP7vBZhG6kYdD13EIMJpvhJI+6Bw',
      },
    },
  });
});

test('what the specification signed is verified, and with another key it is not', () => {
  const signed = signJson({ one: 1, two: 'Two' }, key, primitives);
  assert.equal(verifyJson(signed, 'domain', findKey, primitives), undefined);
  const otherKey = () => makeTestSigningKey('domain').publicKey;
  assert.equal(verifyJson(signed, 'domain', otherKey, primitives)?.kind, 'wrong-signature');
});

test('signatures of others and unsigned stay, and neither is covered', () => {
  const first = signJson({ a: 1, unsigned: { age: 1 } }, key, primitives);
  const second = signJson(first, makeTestSigningKey('other.org'), primitives);
  assert.deepEqual(Object.keys(second['signatures'] as JsonObject).sort(), ['domain', 'other.org']);
  const aged = { ...second, unsigned: { age: 2 } };
  assert.equal(verifyJson(aged, 'domain', findKey, primitives), undefined);
});

test('a second key of the same server adds to its first', () => {
  const twice = signJson(signJson({}, key, primitives), { ...key, keyId: 'ed25519:2' }, primitives);
  assert.deepEqual(signatureKeyIds(twice['signatures'], 'domain'), ['ed25519:1', 'ed25519:2']);
});

const refusals: Record<string, [object: JsonObject, name: string, kind: string]> = {
  'an object without signatures': [{ a: 1 }, 'domain', 'unsigned'],
  'signatures that are no object': [{ signatures: [1] }, 'domain', 'unsigned'],
  'an entry that is no object': [{ signatures: { domain: 'x' } }, 'domain', 'unsigned'],
  'a name that only Object.prototype has': [{ signatures: {} }, 'constructor', 'unsigned'],
  'another algorithm': [{ signatures: { domain: { 'rsa:1': 'AAAA' } } }, 'domain', 'unsigned'],
  'a signature that is no string': [{ signatures: { domain: { 'ed25519:1': 1 } } }, 'domain', 'unsigned'],
  'an unknown key': [{ signatures: { domain: { 'ed25519:9': 'AAAA' } } }, 'domain', 'unknown-key'],
  'a signature that is no base64': [{ signatures: { domain: { 'ed25519:1': '!' } } }, 'domain', 'malformed-signature'],
  'a signature of a wrong length': [
    { signatures: { domain: { 'ed25519:1': 'AAAA' } } },
    'domain',
    'malformed-signature',
  ],
  'a changed member': [{ ...signJson({ a: 1 }, key, primitives), a: 2 }, 'domain', 'wrong-signature'],
  'an added member': [{ ...signJson({ a: 1 }, key, primitives), b: 2 }, 'domain', 'wrong-signature'],
  'a fraction': [{ ...signJson({}, key, primitives), b: 0.5 }, 'domain', 'not-canonical'],
};

for (const [story, [object, name, kind]] of Object.entries(refusals)) {
  test(`${story} is refused as ${kind}`, () => assert.equal(verifyJson(object, name, findKey, primitives)?.kind, kind));
}

test('a wrong signature by one known key is not outweighed by a right one by another', () => {
  const other = makeTestSigningKey('domain', 2);
  const object = signJson(signJson({ a: 1 }, key, primitives), other, primitives);
  const wrong = structuredClone(object) as { signatures: { domain: Record<string, string> } };
  wrong.signatures.domain[other.keyId] = wrong.signatures.domain['ed25519:1'] as string;
  const both = (keyId: string) => (keyId === other.keyId ? other.publicKey : findKey(keyId));
  assert.equal(verifyJson(object, 'domain', both, primitives), undefined);
  assert.equal(verifyJson(wrong as unknown as JsonObject, 'domain', both, primitives)?.kind, 'wrong-signature');
  assert.equal(verifyJson(wrong as unknown as JsonObject, 'domain', findKey, primitives), undefined);
});
