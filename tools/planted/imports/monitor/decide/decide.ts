import { context } from '@holdfast/homeserver/platform/context.ts'; // breaks: processes-share-only-foundations
import { escalate } from '../escalation/escalate.ts'; // breaks: layer-order
