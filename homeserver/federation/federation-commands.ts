import type { AnyCommand } from '../platform/shard-log/command.ts';
import { readFederationStatusCommand } from './federation-status.ts';
import { fillGapsCommand } from './fill-gaps.ts';
import { forgetUndecidedCommand, keepUndecidedCommand } from './keep-undecided.ts';
import { retryDestinationCommand } from './retry-destination.ts';
import { openDestinationsCommand, saveDestinationsCommand, wakeDestinationCommand } from './save-destinations.ts';

/** Commands about what is sent to other servers and comes from them. */
export const federationCommands: readonly AnyCommand[] = [
  fillGapsCommand,
  forgetUndecidedCommand,
  keepUndecidedCommand,
  openDestinationsCommand,
  readFederationStatusCommand,
  retryDestinationCommand,
  saveDestinationsCommand,
  wakeDestinationCommand,
];
