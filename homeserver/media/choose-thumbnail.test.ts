import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseVariant, thumbnailSize } from './choose-thumbnail.ts';

const choose = (width: number, height: number, method: 'crop' | 'scale', animated = false) =>
  chooseVariant({ width, height, method, animated });

test('a scaled thumbnail is of the smallest box that is not smaller than what is wanted', () => {
  assert.equal(choose(1, 1, 'scale')?.name, '320x240-scale');
  assert.equal(choose(320, 240, 'scale')?.name, '320x240-scale');
  assert.equal(choose(321, 1, 'scale')?.name, '640x480-scale');
  assert.equal(choose(1, 500, 'scale', true)?.name, '800x600-scale-animated');
  assert.equal(choose(1601, 1, 'scale'), undefined, 'the picture itself');
});

test('a cropped thumbnail is of exactly the wanted size', () => {
  assert.equal(choose(96, 50, 'crop')?.name, '96x50-crop');
  assert.equal(choose(5_000, 50, 'crop'), undefined);
});

for (const [picture, wanted, expected] of [
  [
    [1000, 500],
    [100, 100, 'scale'],
    [320, 160],
  ],
  [
    [500, 1000],
    [320, 240, 'scale'],
    [120, 240],
  ],
  [[320, 240], [320, 240, 'scale'], undefined],
  [
    [200, 300],
    [320, 240, 'scale'],
    [160, 240],
  ],
  [
    [10_000, 1],
    [320, 240, 'scale'],
    [320, 1],
  ],
  [
    [1000, 500],
    [96, 96, 'crop'],
    [96, 96],
  ],
  [
    [1000, 50],
    [96, 96, 'crop'],
    [50, 50],
  ],
  [[50, 50], [96, 96, 'crop'], undefined],
  [
    [200, 100],
    [100, 200, 'crop'],
    [50, 100],
  ],
] as const) {
  test(`${picture.join('x')} for ${wanted.join(' ')} becomes ${expected?.join('x') ?? 'itself'}`, () => {
    const [width, height, method] = wanted;
    const variant = choose(width, height, method);
    assert.ok(variant);
    const size = thumbnailSize({ width: picture[0], height: picture[1] }, variant);
    assert.deepEqual(size && [size.width, size.height], expected);
  });
}
