import type { Context } from '../platform/context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import {
  deleteUnusedRemoteMedia,
  type FetchedMedia,
  noteRemoteMediaUse,
  putRemoteMedia,
} from '../storage/media/write-remote-media.ts';
import { hashText } from '../storage/names/shard-of.ts';

interface RemoteMediaPlace {
  readonly serverName: string;
  readonly mediaId: string;
}

type AddInput = Omit<FetchedMedia, 'content'> & {
  /** SHA-256, base64. */
  readonly content: string;
};

const keyOf = ({ serverName, mediaId }: RemoteMediaPlace) => `media ${serverName}/${mediaId}`;

export const addRemoteMediaCommand: Command<AddInput, null> = {
  name: 'add-remote-media',
  key: keyOf,
  releases: 'committed',
  decide: (shard, input) => ({
    result: null,
    committed: shard.append(0, () => ({
      entries: [],
      writes: [putRemoteMedia({ ...input, content: Buffer.from(input.content, 'base64') })],
    })),
  }),
};

export const noteRemoteMediaUseCommand: Command<RemoteMediaPlace, null> = {
  name: 'note-remote-media-use',
  key: keyOf,
  releases: 'committed',
  decide: (shard, { serverName, mediaId }) => ({
    result: null,
    committed: shard.append(0, () => ({ entries: [], writes: [noteRemoteMediaUse(serverName, mediaId)] })),
  }),
};

export const forgetRemoteMediaCommand: Command<RemoteMediaPlace & { readonly unusedForMs: number }, null> = {
  name: 'forget-remote-media',
  key: keyOf,
  releases: 'committed',
  decide: (shard, { serverName, mediaId, unusedForMs }) => ({
    result: null,
    committed: shard.append(0, () => ({
      entries: [],
      writes: [deleteUnusedRemoteMedia(serverName, mediaId, unusedForMs)],
    })),
  }),
};

/** The shard that writes what is known of a file of another server. */
export function shardOfRemoteMedia(context: Context, { serverName, mediaId }: RemoteMediaPlace): number {
  return hashText(`${serverName}/${mediaId}`) % context.shardLog.shardCount;
}
