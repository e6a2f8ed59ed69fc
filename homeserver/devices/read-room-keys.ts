import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../platform/context.ts';
import type { BackedUpKey, KeySelection } from '../storage/devices/key-backup-rows.ts';
import { readBackedUpKeys } from '../storage/devices/read-key-backups.ts';
import { findKeyBackup } from './find-key-backup.ts';

const pageKeys = 1_000;
const beginning = { roomId: '', sessionId: '' };

/** One key of a backup as JSON text. Throws M_NOT_FOUND. */
export async function readRoomKey(
  context: Context,
  userId: string,
  version: number,
  session: { readonly roomId: string; readonly sessionId: string },
): Promise<string> {
  await findKeyBackup(context, userId, version);
  const [key] = await readBackedUpKeys(context.database, userId, version, session, beginning, 1);
  if (!key) throw new MatrixError('M_NOT_FOUND', 'The backup has no key of this session');
  return keyText(key);
}

/**
 * The keys of a backup, of all rooms or of one, as the parts of a JSON text: `{"rooms":{...}}` or `{"sessions":{...}}`.
 * A backup can be larger than memory, so it is read in pages. Throws M_NOT_FOUND before the first part.
 */
export async function readRoomKeys(
  context: Context,
  userId: string,
  version: number,
  selection: Pick<KeySelection, 'roomId'>,
): Promise<AsyncIterable<string>> {
  await findKeyBackup(context, userId, version);
  return selection.roomId === undefined
    ? roomsText(readPages(context, userId, version, selection))
    : sessionsText(readPages(context, userId, version, selection));
}

async function* readPages(
  context: Context,
  userId: string,
  version: number,
  selection: KeySelection,
): AsyncGenerator<readonly BackedUpKey[]> {
  let after: Pick<BackedUpKey, 'roomId' | 'sessionId'> | undefined = beginning;
  while (after) {
    const keys = await readBackedUpKeys(context.database, userId, version, selection, after, pageKeys);
    yield keys;
    after = keys.length < pageKeys ? undefined : keys.at(-1);
  }
}

async function* sessionsText(pages: AsyncIterable<readonly BackedUpKey[]>): AsyncGenerator<string> {
  let text = '{"sessions":{';
  let separator = '';
  for await (const keys of pages) {
    for (const key of keys) {
      text += `${separator}${JSON.stringify(key.sessionId)}:${keyText(key)}`;
      separator = ',';
    }
    yield text;
    text = '';
  }
  yield '}}';
}

async function* roomsText(pages: AsyncIterable<readonly BackedUpKey[]>): AsyncGenerator<string> {
  let text = '{"rooms":{';
  let room: string | undefined;
  for await (const keys of pages) {
    for (const key of keys) {
      if (key.roomId === room) text += ',';
      else text += `${room === undefined ? '' : '}},'}${JSON.stringify(key.roomId)}:{"sessions":{`;
      room = key.roomId;
      text += `${JSON.stringify(key.sessionId)}:${keyText(key)}`;
    }
    yield text;
    text = '';
  }
  yield room === undefined ? '}}' : '}}}}';
}

function keyText({ firstMessageIndex, forwardedCount, isVerified, sessionData }: BackedUpKey): string {
  const numbers = `"first_message_index":${firstMessageIndex},"forwarded_count":${forwardedCount}`;
  return `{${numbers},"is_verified":${isVerified},"session_data":${sessionData}}`;
}
