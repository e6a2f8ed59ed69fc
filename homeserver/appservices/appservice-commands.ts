import type { AnyCommand } from '../platform/shard-log/command.ts';
import { putRegistrationsCommand } from './registrations/put-registrations.ts';

/** Commands about application services. */
export const appserviceCommands: readonly AnyCommand[] = [putRegistrationsCommand];
