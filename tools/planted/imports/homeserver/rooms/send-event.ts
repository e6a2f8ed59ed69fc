import { writeEvents } from '../storage/rooms/write-events.ts';
import { readEvents } from '../storage/rooms/read-events.ts';
export const sendEvent = () => import('../sync/answer-sync.ts'); // breaks: layer-order
