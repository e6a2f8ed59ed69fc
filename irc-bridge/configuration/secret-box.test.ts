import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '@holdfast/effects/clock.ts';
import { systemRandom } from '@holdfast/effects/random.ts';
import { checkMediaLink, makeMediaLink } from '../matrix/media-links.ts';
import { makeSecretBox } from './secret-box.ts';

const box = makeSecretBox(Buffer.alloc(32, 1), systemRandom);

test('what is sealed opens for its purpose with its key, unchanged, and for nothing else', () => {
  const sealed = box.seal('secret', 'password a');
  assert.equal(box.open(sealed, 'password a'), 'secret');
  assert.equal(box.open(sealed, 'password b'), undefined);
  assert.equal(makeSecretBox(Buffer.alloc(32, 2), systemRandom).open(sealed, 'password a'), undefined);
  assert.equal(box.open(sealed.with(20, (sealed[20] ?? 0) ^ 1), 'password a'), undefined);
  assert.equal(box.open(new Uint8Array(3), 'password a'), undefined);
});

test('a link to a file works until it expires, for its file alone', () => {
  let nowMs = 1_000_000;
  const clock = { ...systemClock, wallMs: () => nowMs };
  const options = { publicUrl: 'https://files', lifetimeMs: 60_000, clock, secrets: box };
  const link = makeMediaLink(options, 'mxc://example.org/abc', 'a cat?.png') ?? '';
  const [, , , , serverName = '', mediaId = '', proof = '', name] = link.split('/');
  assert.equal(name, 'a_cat_.png');
  assert.equal(checkMediaLink(options, { serverName, mediaId }, proof), 'valid');
  assert.equal(checkMediaLink(options, { serverName, mediaId: 'abd' }, proof), 'forged');
  assert.equal(checkMediaLink(options, { serverName, mediaId }, `z${proof.slice(1)}`), 'forged');
  nowMs += 62_000;
  assert.equal(checkMediaLink(options, { serverName, mediaId }, proof), 'expired');
  assert.equal(makeMediaLink(options, 'https://example.org/abc', 'x'), undefined);
});
