import { readEvents } from './read-events.ts'; // breaks: writers-call-no-readers
import { writeRoom } from './write-room.ts';
import { internNames } from '../names/write-names.ts';
import { writeMedia } from '../media/write-media.ts'; // breaks: only-the-owner-writes
