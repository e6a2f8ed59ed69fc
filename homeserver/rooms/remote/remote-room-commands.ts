import type { AnyCommand } from '../../platform/shard-log/command.ts';
import { addSignedEventsCommand } from '../policy-servers/send-signed-events.ts';
import { addMissingStateCommand } from './add-missing-state.ts';
import { appendMembershipOutOfBandCommand } from './append-membership-out-of-band.ts';
import { draftMembershipCommand } from './draft-membership.ts';
import { buildInviteCommand } from './invite-remote-user.ts';
import { endJoinCommand, startJoinCommand } from './join-in-progress.ts';
import { checkRestrictedJoinCommand } from './receive-membership.ts';

/** What is done where a room is owned when its members or their servers are elsewhere. */
export const remoteRoomCommands: readonly AnyCommand[] = [
  addMissingStateCommand,
  addSignedEventsCommand,
  appendMembershipOutOfBandCommand,
  buildInviteCommand,
  checkRestrictedJoinCommand,
  draftMembershipCommand,
  endJoinCommand,
  startJoinCommand,
];
