import type { Endpoint } from '../endpoint.ts';
import { getAccountData } from './account-data/get-account-data.ts';
import { getAccountDataPerRoom } from './account-data/get-account-data-per-room.ts';
import { setAccountData } from './account-data/set-account-data.ts';
import { setAccountDataPerRoom } from './account-data/set-account-data-per-room.ts';
import { defineFilter } from './filter/define-filter.ts';
import { getFilter } from './filter/get-filter.ts';
import { deleteProfileField } from './profile/delete-profile-field.ts';
import { getProfileField } from './profile/get-profile-field.ts';
import { getUserProfile } from './profile/get-user-profile.ts';
import { setProfileField } from './profile/set-profile-field.ts';
import { deletePushRule } from './pushrules/delete-push-rule.ts';
import { getPushRule } from './pushrules/get-push-rule.ts';
import { getPushRuleActions } from './pushrules/get-push-rule-actions.ts';
import { getPushRules } from './pushrules/get-push-rules.ts';
import { getPushRulesGlobal } from './pushrules/get-push-rules-global.ts';
import { isPushRuleEnabled } from './pushrules/is-push-rule-enabled.ts';
import { setPushRule } from './pushrules/set-push-rule.ts';
import { setPushRuleActions } from './pushrules/set-push-rule-actions.ts';
import { setPushRuleEnabled } from './pushrules/set-push-rule-enabled.ts';
import { deleteRoomTag } from './tags/delete-room-tag.ts';
import { getRoomTags } from './tags/get-room-tags.ts';
import { setRoomTag } from './tags/set-room-tag.ts';
import { searchUserDirectory } from './users/search-user-directory.ts';

/** What users keep and show: profiles, account data, tags, push rules, filters; and how they find each other. */
export const userDataRoutes: readonly Endpoint[] = [
  ...[getUserProfile, getProfileField, setProfileField, deleteProfileField, searchUserDirectory],
  ...[getAccountData, setAccountData, getAccountDataPerRoom, setAccountDataPerRoom],
  ...[getRoomTags, setRoomTag, deleteRoomTag],
  ...[getPushRules, getPushRulesGlobal, getPushRule, setPushRule, deletePushRule],
  ...[isPushRuleEnabled, setPushRuleEnabled, getPushRuleActions, setPushRuleActions],
  ...[defineFilter, getFilter],
];
