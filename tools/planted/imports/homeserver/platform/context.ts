import { identifier } from '@holdfast/protocol/identifiers/identifier.ts';
import { identifier as again } from '../../protocol/identifiers/identifier.ts'; // breaks: workspaces-by-name
import { clock } from '@holdfast/homeserver/platform/clock.ts'; // breaks: workspaces-by-name
export type Context = typeof import('../storage/rooms/read-events.ts'); // breaks: layer-order
