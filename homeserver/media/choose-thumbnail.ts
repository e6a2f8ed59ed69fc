export interface ThumbnailRequest {
  /** Pixels, at least 1. */
  readonly width: number;
  readonly height: number;
  readonly method: 'crop' | 'scale';
  readonly animated: boolean;
}

/** What the store may keep for a request: requests of about the same size share it. */
export interface ThumbnailVariant extends ThumbnailRequest {
  readonly name: string;
}

/** Boxes that scaled thumbnails fit into, smallest first. */
const scaleBoxes = [
  [320, 240],
  [640, 480],
  [800, 600],
  [1600, 1200],
] as const;
/** Whoever wants more pixels than this wants the picture itself. */
const largestSide = 2_048;

/**
 * The variant that serves a request: for `scale` the smallest box that is not smaller, for `crop` exactly what was asked
 * for; undefined where the picture itself is to be given.
 * https://spec.matrix.org/v1.19/client-server-api/#thumbnails
 */
export function chooseVariant(request: ThumbnailRequest): ThumbnailVariant | undefined {
  const { method, animated } = request;
  const size = method === 'crop' ? exactSize(request) : boxSize(request);
  if (!size) return undefined;
  const [width, height] = size;
  return { width, height, method, animated, name: `${width}x${height}-${method}${animated ? '-animated' : ''}` };
}

function exactSize({ width, height }: ThumbnailRequest): readonly [number, number] | undefined {
  return width <= largestSide && height <= largestSide ? [width, height] : undefined;
}

function boxSize({ width, height }: ThumbnailRequest): readonly [number, number] | undefined {
  return scaleBoxes.find(([boxWidth, boxHeight]) => width <= boxWidth && height <= boxHeight);
}

export interface PixelSize {
  readonly width: number;
  readonly height: number;
}

/**
 * The size of a picture's thumbnail, never larger than the picture; undefined where the picture is not larger than what
 * is wanted. A cropped one keeps the wanted shape.
 */
export function thumbnailSize(picture: PixelSize, variant: ThumbnailVariant): PixelSize | undefined {
  if (picture.width <= variant.width && picture.height <= variant.height) return undefined;
  const widthRatio = picture.width / variant.width;
  const heightRatio = picture.height / variant.height;
  if (variant.method === 'crop') {
    const shrink = Math.min(1, widthRatio, heightRatio);
    return { width: pixels(variant.width * shrink), height: pixels(variant.height * shrink) };
  }
  const ratio = Math.max(widthRatio, heightRatio);
  return { width: pixels(picture.width / ratio), height: pixels(picture.height / ratio) };
}

function pixels(length: number): number {
  return Math.max(1, Math.round(length));
}
