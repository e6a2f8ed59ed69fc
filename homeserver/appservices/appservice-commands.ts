import type { AnyCommand } from '../platform/shard-log/command.ts';
import { readAppserviceStatusCommand } from './delivery/appservice-status.ts';
import {
  openAppserviceQueuesCommand,
  pauseAppserviceCommand,
  saveAppserviceQueueCommand,
  skipEventsCommand,
  wakeAppserviceCommand,
} from './delivery/queue-commands.ts';
import { putRegistrationsCommand } from './registrations/put-registrations.ts';

/** Commands about application services. */
export const appserviceCommands: readonly AnyCommand[] = [
  ...[putRegistrationsCommand, readAppserviceStatusCommand],
  ...[openAppserviceQueuesCommand, saveAppserviceQueueCommand, wakeAppserviceCommand],
  ...[pauseAppserviceCommand, skipEventsCommand],
];
