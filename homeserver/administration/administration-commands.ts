import type { AnyCommand } from '../platform/shard-log/command.ts';
import { beginActCommand, endActCommand } from './audit/record-act.ts';
import { blockRoomCommand } from './rooms/block-room.ts';
import { refreshRoomFiguresCommand } from './rooms/room-figures.ts';
import { taskCommands } from './tasks/task-commands.ts';

/** The commands of this folder. */
export const administrationCommands: readonly AnyCommand[] = [
  ...[beginActCommand, endActCommand],
  ...[blockRoomCommand, refreshRoomFiguresCommand],
  ...taskCommands,
];
