import type { Scenario } from './scenario.ts';
import { aliases } from './scenarios/aliases.ts';
import { encryption } from './scenarios/encryption.ts';
import { ephemeral } from './scenarios/ephemeral.ts';
import { history } from './scenarios/history.ts';
import { invite } from './scenarios/invite.ts';
import { joinARoom } from './scenarios/join-a-room.ts';
import { knock } from './scenarios/knock.ts';
import { media } from './scenarios/media.ts';
import { netsplit } from './scenarios/netsplit.ts';
import { powerLevels } from './scenarios/power-levels.ts';
import { redaction } from './scenarios/redaction.ts';
import { restrictedJoin } from './scenarios/restricted-join.ts';
import { upgrade } from './scenarios/upgrade.ts';

export const scenarios: readonly Scenario[] = [
  joinARoom,
  invite,
  knock,
  restrictedJoin,
  history,
  redaction,
  powerLevels,
  aliases,
  media,
  encryption,
  ephemeral,
  upgrade,
  netsplit,
];
