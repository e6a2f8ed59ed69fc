import { writeMedia } from '../storage/media/write-media.ts';
import { readEvents } from '../storage/rooms/read-events.ts';
export { writeRoom } from '../storage/rooms/write-room.ts'; // breaks: only-the-owner-writes
