import { clock } from '@holdfast/homeserver/platform/clock.ts'; // breaks: processes-share-only-foundations
