import type { Endpoint } from '../endpoint.ts';
import { getPresence } from './presence/get-presence.ts';
import { setPresence } from './presence/set-presence.ts';
import { setReadMarker } from './read-markers/set-read-marker.ts';
import { postReceipt } from './receipts/post-receipt.ts';
import { sync } from './sync/sync.ts';
import { setTyping } from './typing/set-typing.ts';

/** What clients are told as it happens, and what they tell of themselves: read, typing, there. */
export const syncRoutes: readonly Endpoint[] = [sync, postReceipt, setReadMarker, setTyping, getPresence, setPresence];
