import type { AnyCommand } from '../platform/shard-log/command.ts';
import { changePresenceCommand, sweepPresenceCommand } from './change-presence.ts';
import { receivePresenceCommand } from './receive-presence.ts';
import { receiveReceiptsCommand } from './receive-receipts.ts';
import { setReceiptCommand } from './set-receipt.ts';
import { setTypingCommand } from './set-typing.ts';

/** Commands about what users read, type and do. */
export const ephemeralCommands: readonly AnyCommand[] = [
  changePresenceCommand,
  receivePresenceCommand,
  receiveReceiptsCommand,
  setReceiptCommand,
  setTypingCommand,
  sweepPresenceCommand,
];
