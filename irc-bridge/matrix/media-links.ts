import type { Clock } from '@holdfast/effects/clock.ts';
import { parseMxcUri } from '@holdfast/protocol/identifiers/mxc-uri.ts';
import type { SecretBox } from '../configuration/secret-box.ts';

/** A file that a link leads to. */
export interface LinkedMedia {
  readonly serverName: string;
  readonly mediaId: string;
}

export interface MediaLinkOptions {
  readonly publicUrl: string;
  readonly lifetimeMs: number;
  readonly clock: Clock;
  readonly secrets: SecretBox;
}

const longestName = 80;

/**
 * A link by which people without an account get a file until it expires. Undefined when `mxc` is no address of a file.
 */
export function makeMediaLink(options: MediaLinkOptions, mxc: string, fileName: string): string | undefined {
  const media = parseMxcUri(mxc);
  if (!media) return undefined;
  const expires = Math.ceil((options.clock.wallMs() + options.lifetimeMs) / 1000).toString(36);
  const place = `${media.serverName}/${media.mediaId}`;
  const signature = options.secrets.sign(`media ${place} ${expires}`).slice(0, 22);
  const name = encodeURIComponent(fileName.replace(/[^\p{L}\p{N}._-]+/gu, '_').slice(0, longestName) || 'file');
  return `${options.publicUrl}/media/${place}/${expires}.${signature}/${name}`;
}

/** Whether a link's parts, as they came in a request, are of our making: `expired` where they were. */
export function checkMediaLink(
  { clock, secrets }: Pick<MediaLinkOptions, 'clock' | 'secrets'>,
  { serverName, mediaId }: LinkedMedia,
  proof: string,
): 'valid' | 'expired' | 'forged' {
  const [expires = '', signature = ''] = proof.split('.');
  if (!/^[0-9a-z]{1,9}$/.test(expires)) return 'forged';
  const right = secrets.sign(`media ${serverName}/${mediaId} ${expires}`).slice(0, 22);
  // Both are texts of our own alphabet; a signature of a signature compares them in constant time.
  if (!secrets.isSigned(right, secrets.sign(signature))) return 'forged';
  return Number.parseInt(expires, 36) * 1000 > clock.wallMs() ? 'valid' : 'expired';
}
