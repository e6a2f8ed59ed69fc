import { open } from 'node:fs/promises';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Metadata } from 'sharp';
import { type PixelSize, type ThumbnailVariant, thumbnailSize } from './choose-thumbnail.ts';
import { matchesType } from './content-type.ts';

/** What replies may be (Content-Type of thumbnails in the specification). */
export type ThumbnailType = 'image/jpeg' | 'image/png' | 'image/gif' | 'image/webp';

export type MadeThumbnail =
  | { readonly bytes: Uint8Array }
  /** The picture is small enough to be its own thumbnail. */
  | { readonly original: ThumbnailType };

/** Pictures that are looked at. Others (SVG above all, a document that can refer to others) never reach a decoder. */
const readableTypes = ['image/jpeg', 'image/png', 'image/gif', 'image/webp', 'image/avif', 'image/tiff'] as const;
const replyTypes: readonly string[] = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'] satisfies ThumbnailType[];
const headBytes = 4_096;
const secondsPerThumbnail = 20;
const jpegQuality = 80;
const webpQuality = 75;
/** So much bigger than the largest variant may be what stands in for a picture that cannot be given itself. */
const standIn: ThumbnailVariant = { width: 2_048, height: 2_048, method: 'scale', animated: false, name: '' };

/** The library, loaded with the first picture: a server without pictures has no need of its memory. */
async function loadSharp() {
  const { default: sharp } = await import('sharp');
  // Thumbnails are made once and kept in the store; a thread each, since several are made at once.
  sharp.cache(false);
  sharp.concurrency(1);
  return sharp;
}

export function isThumbnailType(type: string): type is ThumbnailType {
  return replyTypes.includes(type);
}

/** The type of a picture by how it begins, if it is one that thumbnails are made of. */
export function pictureType(head: Uint8Array): (typeof readableTypes)[number] | undefined {
  return readableTypes.find((type) => matchesType(type, head));
}

/**
 * Makes the thumbnail of a file; `variant` undefined: the picture itself is wanted. Throws M_UNKNOWN for what is no
 * picture, M_TOO_LARGE for one of more than `maxPixels`.
 */
export async function makeThumbnail(
  path: string,
  variant: ThumbnailVariant | undefined,
  animated: boolean,
  maxPixels: number,
): Promise<MadeThumbnail> {
  const head = await readHead(path);
  const type = pictureType(head);
  if (!type) throw noThumbnail();
  const metadata = await readMetadata(path);
  const picture = orientedSize(metadata);
  if (picture.width * picture.height > maxPixels) {
    throw new MatrixError('M_TOO_LARGE', `Pictures of more than ${maxPixels} pixels get no thumbnails`);
  }
  const frames = metadata.pages ?? 1;
  const moves = frames > 1 || (type === 'image/png' && Buffer.from(head).includes('acTL'));
  const original = isThumbnailType(type) && (animated || !moves) ? type : undefined;
  const size = variant && thumbnailSize(picture, variant);
  if (!size && original) return { original };
  const target = size ?? thumbnailSize(picture, standIn) ?? picture;
  const isAnimated = animated && frames > 1 && picture.width * picture.height * frames <= maxPixels;
  // Drawings stay what they are: JPEG would blur their edges and take their transparency.
  const isDrawn = metadata.format === 'png' || metadata.hasAlpha;
  return { bytes: await render(path, target, isAnimated, isDrawn, maxPixels) };
}

async function render(
  path: string,
  size: PixelSize,
  animated: boolean,
  isDrawn: boolean,
  maxPixels: number,
): Promise<Uint8Array> {
  const sharp = await loadSharp();
  const resized = sharp(path, { animated, limitInputPixels: maxPixels, failOn: 'error' })
    .timeout({ seconds: secondsPerThumbnail })
    .autoOrient()
    .resize(size.width, size.height, { fit: 'cover' });
  const encoded = animated
    ? resized.webp({ quality: webpQuality, effort: 2 })
    : isDrawn
      ? resized.png()
      : resized.jpeg({ quality: jpegQuality });
  try {
    return await encoded.toBuffer();
  } catch {
    throw noThumbnail();
  }
}

async function readMetadata(path: string): Promise<Metadata> {
  const sharp = await loadSharp();
  try {
    // Only the header is read here; its pixels are counted by the caller.
    return await sharp(path, { limitInputPixels: false, failOn: 'error' }).metadata();
  } catch {
    throw noThumbnail();
  }
}

/** Pictures from cameras lie on their side and say so. */
function orientedSize({ width, height, orientation = 1 }: Metadata): PixelSize {
  return orientation >= 5 ? { width: height, height: width } : { width, height };
}

async function readHead(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function noThumbnail(): MatrixError {
  return new MatrixError('M_UNKNOWN', 'There are no thumbnails of this file');
}
