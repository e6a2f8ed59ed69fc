import type { Pdu } from '@holdfast/protocol/events/pdu.ts';
import { parseMxcUri } from '@holdfast/protocol/identifiers/mxc-uri.ts';
import type { MediaPlace } from '../../media/quarantine-media.ts';
import type { Context } from '../../platform/context.ts';
import { firstPosition, lastPosition } from '../../rooms/history/timeline-segments.ts';
import { readTimeline } from '../../storage/rooms/read-timeline.ts';
import { requireRoom } from './describe-room.ts';

const mostEvents = 50_000;
const page = 1_000;
const mostFiles = 10_000;

/**
 * The files that a room's events name, with their thumbnails, among its newest 50,000 events and 10,000 files at most. What
 * is encrypted names none. Throws M_NOT_FOUND.
 */
export async function findRoomMedia(context: Context, roomId: string): Promise<MediaPlace[]> {
  const room = await requireRoom(context, roomId);
  const found = new Map<string, MediaPlace>();
  let last = lastPosition;
  for (let looked = 0; looked < mostEvents && found.size < mostFiles; looked += page) {
    const events = await readTimeline(context, room, [{ first: firstPosition, last }], 'b', page);
    for (const { pdu } of events) for (const uri of listUris(pdu.content)) addPlace(found, uri);
    const oldest = events.at(-1);
    if (!oldest || events.length < page) break;
    last = oldest.position - 1;
  }
  return [...found.values()].slice(0, mostFiles);
}

/** https://spec.matrix.org/v1.19/client-server-api/#extensions-to-mroommessage-msgtypes */
function listUris({ url, file, info }: Pdu['content']): unknown[] {
  const { thumbnail_url: thumbnail, thumbnail_file: thumbnailFile } = objectOf(info);
  return [url, objectOf(file)['url'], thumbnail, objectOf(thumbnailFile)['url']];
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function addPlace(found: Map<string, MediaPlace>, uri: unknown): void {
  const place = typeof uri === 'string' && !found.has(uri) ? parseMxcUri(uri) : undefined;
  if (place) found.set(uri as string, place);
}
