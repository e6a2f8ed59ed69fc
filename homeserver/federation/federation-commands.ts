import type { AnyCommand } from '../platform/shard-log/command.ts';
import { openDestinationsCommand, saveDestinationsCommand, wakeDestinationCommand } from './save-destinations.ts';

/** Commands about what is sent to other servers. */
export const federationCommands: readonly AnyCommand[] = [
  openDestinationsCommand,
  saveDestinationsCommand,
  wakeDestinationCommand,
];
