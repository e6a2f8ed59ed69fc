import type { Endpoint } from '../endpoint.ts';
import { backfillRoom } from './backfill/backfill-room.ts';
import { getMissingPreviousEvents } from './backfill/get-missing-previous-events.ts';
import { getContent } from './content-repo/get-content.ts';
import { getContentThumbnail } from './content-repo/get-content-thumbnail.ts';
import { getEventAuth } from './event-auth/get-event-auth.ts';
import { getEvent } from './events/get-event.ts';
import { getEventByTimestamp } from './events/get-event-by-timestamp.ts';
import { getRoomState } from './events/get-room-state.ts';
import { getRoomStateIds } from './events/get-room-state-ids.ts';
import { getPublicRooms } from './public-rooms/get-public-rooms.ts';
import { queryPublicRooms } from './public-rooms/query-public-rooms.ts';
import { queryRoomDirectory } from './query/query-room-directory.ts';
import { getSpaceHierarchy } from './space-hierarchy/get-space-hierarchy.ts';

/** What other servers read: history and state, files, and what rooms there are. */
export const readingRoutes: readonly Endpoint[] = [
  ...[backfillRoom, getMissingPreviousEvents, getEvent, getEventByTimestamp],
  ...[getRoomState, getRoomStateIds, getEventAuth],
  ...[getContent, getContentThumbnail],
  ...[getPublicRooms, queryPublicRooms, queryRoomDirectory, getSpaceHierarchy],
];
