import { sendEvent } from '../rooms/send-event.ts';
