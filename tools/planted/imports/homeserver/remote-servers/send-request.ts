import { sendEvent } from '../rooms/send-event.ts'; // breaks: layer-order
