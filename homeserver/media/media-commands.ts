import type { AnyCommand } from '../platform/shard-log/command.ts';
import { createMediaCommand } from './create-media.ts';
import { deleteMediaCommand } from './delete-media.ts';
import { quarantineMediaCommand } from './quarantine-media.ts';
import { addRemoteMediaCommand, forgetRemoteMediaCommand, noteRemoteMediaUseCommand } from './remote-media-commands.ts';
import { addMediaCommand } from './upload-media.ts';

/** The commands of this folder. */
export const mediaCommands: readonly AnyCommand[] = [
  addMediaCommand,
  addRemoteMediaCommand,
  createMediaCommand,
  deleteMediaCommand,
  forgetRemoteMediaCommand,
  noteRemoteMediaUseCommand,
  quarantineMediaCommand,
];
