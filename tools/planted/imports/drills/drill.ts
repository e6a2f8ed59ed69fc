import { runAll } from '@holdfast/homeserver/processes/run-all.ts';
import { writeRoom } from '@holdfast/homeserver/storage/rooms/write-room.ts';
