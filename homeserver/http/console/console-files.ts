import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { bytesReply, type MadeReply } from '../reply.ts';

/** The pages beside the homeserver: plain files, sent as they are. */
const consoleFolder = new URL('../../../console/', import.meta.url);

const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Everything comes from this server, and nothing that is written into a page can run. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const headers = {
  'Content-Security-Policy': contentSecurityPolicy,
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  // Asked for each time, answered with 304 as a rule: a new version is seen at the next look.
  'Cache-Control': 'no-cache',
};

interface ConsoleFile {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  readonly etag: string;
}

let files: ReadonlyMap<string, ConsoleFile> | undefined;

/** A file of the console by its name, such as `console.css`; undefined if there is none. `known`: If-None-Match. */
export function consoleFileReply(name: string, known: string | undefined): MadeReply | undefined {
  files ??= readConsoleFiles();
  const file = files.get(name);
  if (!file) return undefined;
  const fileHeaders = { ...headers, 'Content-Type': file.mediaType, ETag: file.etag };
  if (known === file.etag) return bytesReply(new Uint8Array(0), fileHeaders, 304);
  return bytesReply(file.bytes, { ...fileHeaders, 'Content-Length': String(file.bytes.length) });
}

/** Only what is in the folder when it is first asked for has a name here, so that no name leads out of it. */
function readConsoleFiles(): ReadonlyMap<string, ConsoleFile> {
  const found = new Map<string, ConsoleFile>();
  for (const name of readdirSync(consoleFolder)) {
    const mediaType = mediaTypes[extname(name)];
    if (mediaType === undefined) continue;
    const bytes = readFileSync(new URL(name, consoleFolder));
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
    found.set(name, { bytes, mediaType, etag });
  }
  return found;
}
