import { createHash, createHmac, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StubBucket {
  readonly endpoint: string;
  readonly objects: Map<string, Buffer>;
  /** What was asked for, such as `PUT base/1`, in order. */
  readonly requests: string[];
  /** How the next requests are answered: with a status, or never (`hang`). */
  readonly faults: (number | 'hang')[];
  keys: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Uploads in parts that are neither finished nor given up. */
  readonly uploads: Map<string, Map<number, Buffer>>;
  stop(): Promise<void>;
}

export const stubBucketName = 'kept';
const pageLength = 3;
const hash = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

/**
 * A bucket as far as backups use one. It checks each signature by its own reading of the rules, from the bytes that came
 * in, and whether the body is the one that was signed; lists have three names a page.
 */
export async function startStubBucket(): Promise<StubBucket> {
  const keys = { accessKeyId: 'stub', secretAccessKey: randomBytes(20).toString('hex') };
  const stub = { objects: new Map(), requests: [], faults: [], keys, uploads: new Map() } as unknown as StubBucket;
  const server = createServer((request, response) => {
    void readBody(request).then((body) => answer(stub, request, body, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(stub, {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  });
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function answer(stub: StubBucket, request: IncomingMessage, body: Buffer, response: ServerResponse): void {
  const [path = '', search = ''] = (request.url ?? '').split('?');
  const query = new Map(search.split('&').map((part) => part.split('=').map(decodeURIComponent) as [string, string]));
  const say = (status: number, text = '', headers: Record<string, string> = {}) => {
    response.writeHead(status, headers).end(text);
  };
  const refuse = (status: number, code: string) => say(status, `<Error><Code>${code}</Code></Error>`);
  const name = decodeURIComponent(path).replace(new RegExp(`^/${stubBucketName}/?`), '');
  stub.requests.push(`${request.method} ${name || '/'}`);
  const fault = stub.faults.shift();
  if (fault === 'hang') return;
  if (fault !== undefined) return refuse(fault, 'SlowDown');
  if (!isSigned(stub, request, path, search, body)) return refuse(403, 'SignatureDoesNotMatch');
  if (name === '') return say(200, list(stub, query.get('prefix') ?? '', query.get('continuation-token')));
  if (query.has('uploads')) {
    const id = randomBytes(8).toString('hex');
    stub.uploads.set(id, new Map());
    return say(200, `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
  }
  const id = query.get('uploadId');
  if (id !== undefined) return answerUpload(stub, request.method ?? '', name, id, query, body, say);
  if (request.method === 'PUT') {
    stub.objects.set(name, body);
    return say(200, '', { etag: `"${hash(body)}"` });
  }
  if (request.method === 'DELETE') {
    stub.objects.delete(name);
    return say(204);
  }
  const found = stub.objects.get(name);
  if (!found) return refuse(404, 'NoSuchKey');
  response.writeHead(200, { 'content-length': found.length }).end(found);
}

function answerUpload(
  stub: StubBucket,
  method: string,
  name: string,
  id: string,
  query: ReadonlyMap<string, string>,
  body: Buffer,
  say: (status: number, text?: string, headers?: Record<string, string>) => void,
): void {
  const parts = stub.uploads.get(id);
  if (!parts) return say(404, '<Error><Code>NoSuchUpload</Code></Error>');
  if (method === 'PUT') {
    parts.set(Number(query.get('partNumber')), body);
    return say(200, '', { etag: `"${hash(body)}"` });
  }
  stub.uploads.delete(id);
  if (method === 'DELETE') return say(204);
  const asked = [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>"([^"]*)"<\/ETag>/g)];
  const pieces = asked.map(([, number, etag]) => ({ piece: parts.get(Number(number)), etag }));
  if (pieces.length !== parts.size || pieces.some(({ piece, etag }) => !piece || hash(piece) !== etag)) {
    // As services do: the status was sent before the work was done.
    return say(200, '<Error><Code>InvalidPart</Code></Error>');
  }
  stub.objects.set(name, Buffer.concat(pieces.map(({ piece }) => piece as Buffer)));
  say(200, '<CompleteMultipartUploadResult></CompleteMultipartUploadResult>');
}

function list({ objects }: StubBucket, prefix: string, after = ''): string {
  const names = [...objects.keys()].filter((name) => name.startsWith(prefix) && name > after).sort();
  const page = names.slice(0, pageLength).map((name) => {
    const size = objects.get(name)?.length;
    return `<Contents><Key>${encodeURIComponent(name)}</Key><LastModified>2026-11-26T08:30:00.000Z</LastModified><Size>${size}</Size></Contents>`;
  });
  const last = names.length > pageLength ? names[pageLength - 1] : undefined;
  const token = last === undefined ? '' : `<NextContinuationToken>${last}</NextContinuationToken>`;
  return `<ListBucketResult>${page.join('')}${token}</ListBucketResult>`;
}

function isSigned({ keys }: StubBucket, request: IncomingMessage, path: string, search: string, body: Buffer): boolean {
  const { headers, method } = request;
  const said =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;
  const [, accessKeyId, day = '', region = '', names = '', signature] = said.exec(headers.authorization ?? '') ?? [];
  const date = String(headers['x-amz-date']);
  if (accessKeyId !== keys.accessKeyId || headers['x-amz-content-sha256'] !== hash(body) || !date.startsWith(day)) {
    return false;
  }
  const signed = names.split(';');
  if (!['host', 'x-amz-content-sha256', 'x-amz-date'].every((name) => signed.includes(name))) return false;
  const query = search.split('&').sort().join('&');
  const lines = signed.map((name) => `${name}:${String(headers[name])}\n`).join('');
  const canonical = `${method}\n${path}\n${query}\n${lines}\n${names}\n${hash(body)}`;
  const text = `AWS4-HMAC-SHA256\n${date}\n${day}/${region}/s3/aws4_request\n${hash(canonical)}`;
  const dayKey = hmac(`AWS4${keys.secretAccessKey}`, day);
  return hmac(hmac(hmac(hmac(dayKey, region), 's3'), 'aws4_request'), text).toString('hex') === signature;
}
