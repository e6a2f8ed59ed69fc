import type { IncomingHttpHeaders } from 'node:http';
import type { Deadline } from '@holdfast/effects/deadline.ts';
import { parseJsonObject } from '@holdfast/protocol/json/parse-json.ts';
import type { Context } from '../platform/context.ts';
import { askServerForBytes } from '../remote-servers/ask-server.ts';
import { connectionsOf } from '../remote-servers/connections/connections-of.ts';
import { fetchUrl } from '../remote-servers/connections/fetch-url.ts';
import { limitResponse } from '../remote-servers/connections/read-response.ts';
import { RemoteServerError } from '../remote-servers/remote-server-error.ts';
import { MultipartError, type MultipartPart, parseBoundary, readMultipart } from './read-multipart.ts';

/** A file on its way from another server. */
export interface RemoteFile {
  readonly contentType: string | undefined;
  readonly contentDisposition: string | undefined;
  readonly body: AsyncIterable<Uint8Array>;
}

interface Place {
  readonly serverName: string;
  readonly mediaId: string;
}

interface AskOptions {
  /** How long the other server may wait for the file to be uploaded to it. */
  readonly uploadWaitMs: number;
  readonly maxBytes: number;
  readonly deadline: Deadline;
}

/** What the multipart form adds to the file. */
const wrappingBytes = 65_536;
const mostMetadataBytes = 32_768;

/**
 * Asks a file's server for it: under the path of servers, and where that is not known, under the path that needs no
 * authentication, as servers from before v1.11 have it. Throws RemoteServerError, MultipartError, or how a connection
 * broke.
 * https://spec.matrix.org/v1.19/server-server-api/#content-repository
 */
export async function askForFile(context: Context, place: Place, options: AskOptions): Promise<RemoteFile> {
  const id = encodeURIComponent(place.mediaId);
  const wait = `timeout_ms=${Math.round(options.uploadWaitMs)}`;
  try {
    const path = `/_matrix/federation/v1/media/download/${id}?${wait}`;
    const { headers, body } = await ask(context, place.serverName, path, true, options);
    const boundary = parseBoundary(headers['content-type']);
    if (boundary === undefined) {
      body.destroy();
      throw new MultipartError('the answer is no multipart body');
    }
    return await readFilePart(context, readMultipart(body, boundary), options);
  } catch (error) {
    if (!isUnknownPath(error)) throw error;
  }
  const name = encodeURIComponent(place.serverName);
  const path = `/_matrix/media/v3/download/${name}/${id}?allow_remote=false&allow_redirect=true&${wait}`;
  const { status, headers, body } = await ask(context, place.serverName, path, false, options);
  if (status < 300) return fileOf(headers, body);
  body.destroy();
  return await followRedirect(context, headers.location, options);
}

async function ask(context: Context, server: string, path: string, isSigned: boolean, options: AskOptions) {
  return await askServerForBytes(context, {
    ...{ server, path, isSigned, method: 'GET', evenWhenBackingOff: true },
    timeoutMs: options.deadline.remainingMs(),
    maxBytes: options.maxBytes + wrappingBytes,
    signal: options.deadline.signal,
  });
}

/** Old servers know no such path, and say so with M_UNRECOGNIZED or with no error of Matrix at all. */
function isUnknownPath(error: unknown): boolean {
  if (!(error instanceof RemoteServerError) || error.kind !== 'refused') return false;
  const { errcode, status = 500 } = error;
  return errcode === 'M_UNRECOGNIZED' || (errcode === undefined && status >= 400 && status < 500);
}

/** The metadata come first, the file second: as bytes, or as the address where it lies. */
async function readFilePart(
  context: Context,
  parts: AsyncGenerator<MultipartPart, void, undefined>,
  options: AskOptions,
): Promise<RemoteFile> {
  const metadata = (await parts.next()).value;
  if (!metadata) throw new MultipartError('the answer has no parts');
  await checkMetadata(metadata);
  const file = (await parts.next()).value;
  if (!file) throw new MultipartError('the answer has no second part');
  const location = file.headers.get('location');
  if (location !== undefined) {
    await parts.return();
    return await followRedirect(context, location, options);
  }
  return {
    contentType: file.headers.get('content-type'),
    contentDisposition: file.headers.get('content-disposition'),
    body: wholeBody(file, parts),
  };
}

/** The part's bytes; when nobody reads on, the answer is let go. */
async function* wholeBody(file: MultipartPart, parts: AsyncGenerator<MultipartPart, void, undefined>) {
  try {
    yield* file.body;
  } finally {
    await parts.return();
  }
}

async function checkMetadata({ body }: MultipartPart): Promise<void> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    sizeBytes += chunk.length;
    if (sizeBytes > mostMetadataBytes) throw new MultipartError('the metadata are too long');
    chunks.push(chunk);
  }
  if (parseJsonObject(Buffer.concat(chunks)).problem) throw new MultipartError('the metadata are no JSON object');
}

async function followRedirect(
  context: Context,
  location: string | undefined,
  { deadline, maxBytes }: AskOptions,
): Promise<RemoteFile> {
  if (location === undefined || !URL.canParse(location)) throw new MultipartError('the answer leads nowhere');
  const response = await fetchUrl(connectionsOf.of(context), location, deadline);
  if (response.statusCode !== 200) {
    response.destroy();
    throw new MultipartError(`the address that it leads to answers with ${response.statusCode}`);
  }
  return fileOf(response.headers, limitResponse(response, maxBytes));
}

function fileOf(headers: IncomingHttpHeaders, body: AsyncIterable<Uint8Array>): RemoteFile {
  return { contentType: headers['content-type'], contentDisposition: headers['content-disposition'], body };
}
