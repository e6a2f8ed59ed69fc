import { identifier } from '@holdfast/protocol/identifiers/identifier.ts';
import { sendEvent } from '@holdfast/homeserver/rooms/send-event.ts'; // breaks: processes-share-only-foundations
import dependency from 'dependency';
