import { isServerName } from './server-name.ts';

export interface MxcUri {
  readonly serverName: string;
  readonly mediaId: string;
}

const scheme = 'mxc://';
const mediaIdPattern = /^[0-9A-Za-z_-]{1,255}$/;

/**
 * The parts of `mxc://server-name/media-id`, or undefined for anything else. The narrow grammar of media ids keeps
 * path tricks out of stores. https://spec.matrix.org/v1.19/client-server-api/#matrix-content-mxc-uris
 */
export function parseMxcUri(text: string): MxcUri | undefined {
  if (!text.startsWith(scheme)) return undefined;
  const slash = text.indexOf('/', scheme.length);
  if (slash === -1) return undefined;
  const serverName = text.slice(scheme.length, slash);
  const mediaId = text.slice(slash + 1);
  return isServerName(serverName) && isMediaId(mediaId) ? { serverName, mediaId } : undefined;
}

export function isMxcUri(text: string): boolean {
  return parseMxcUri(text) !== undefined;
}

/** True for 1 to 255 characters of `A-Z`, `a-z`, `0-9`, `-` and `_`. */
export function isMediaId(text: string): boolean {
  return mediaIdPattern.test(text);
}

export function makeMxcUri(serverName: string, mediaId: string): string {
  return `${scheme}${serverName}/${mediaId}`;
}
