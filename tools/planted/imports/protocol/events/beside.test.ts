import { test } from 'node:test';
import { sendEvent } from '@holdfast/homeserver/rooms/send-event.ts';
export const beside = 1;
