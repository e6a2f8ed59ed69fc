import type { Endpoint } from '../endpoint.ts';
import { sendInviteV1 } from './invites-v1/send-invite.ts';
import { sendInviteV2 } from './invites-v2/send-invite.ts';
import { makeJoin } from './joins-v1/make-join.ts';
import { sendJoinV1 } from './joins-v1/send-join.ts';
import { sendJoinV2 } from './joins-v2/send-join.ts';
import { makeKnock } from './knocks/make-knock.ts';
import { sendKnock } from './knocks/send-knock.ts';
import { makeLeave } from './leaving-v1/make-leave.ts';
import { sendLeaveV1 } from './leaving-v1/send-leave.ts';
import { sendLeaveV2 } from './leaving-v2/send-leave.ts';
import { exchangeThirdPartyInvite } from './third_party_invite/exchange-third-party-invite.ts';
import { onBindThirdPartyIdentifier } from './third_party_invite/on-bind-third-party-identifier.ts';

/** Users of other servers come to rooms, leave them, and are invited. */
export const membershipRoutes: readonly Endpoint[] = [
  ...[makeJoin, sendJoinV1, sendJoinV2],
  ...[makeKnock, sendKnock],
  ...[makeLeave, sendLeaveV1, sendLeaveV2],
  ...[sendInviteV1, sendInviteV2, exchangeThirdPartyInvite, onBindThirdPartyIdentifier],
];
