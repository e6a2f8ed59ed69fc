import type { Context } from '../platform/context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import { deleteQuarantined, insertQuarantined } from '../storage/media/write-quarantine.ts';
import { shardOfRemoteMedia } from './remote-media-commands.ts';

/** A file as mxc:// names it, of this server or another. */
export interface MediaPlace {
  readonly serverName: string;
  readonly mediaId: string;
}

interface QuarantineInput extends MediaPlace {
  /** Null: it is given out again. */
  readonly by: string | null;
  readonly atMs: number;
}

export const quarantineMediaCommand: Command<QuarantineInput, null> = {
  name: 'quarantine-media',
  key: ({ serverName, mediaId }) => `quarantine ${serverName}/${mediaId}`,
  releases: 'committed',
  decide(shard, { serverName, mediaId, by, atMs }) {
    const write =
      by === null ? deleteQuarantined(serverName, mediaId) : insertQuarantined(serverName, mediaId, by, atMs);
    return { result: null, committed: shard.append(0, () => ({ entries: [], writes: [write] })) };
  },
};

/** Withholds a file from everybody, whether it is here or not, or ends that. */
export async function setMediaQuarantined(
  context: Context,
  { serverName, mediaId }: MediaPlace,
  isWithheld: boolean,
  operator: string,
): Promise<void> {
  await context.shardLog.submit(quarantineMediaCommand, shardOfRemoteMedia(context, { serverName, mediaId }), {
    ...{ serverName, mediaId, by: isWithheld ? operator : null, atMs: context.clock.wallMs() },
  });
}
