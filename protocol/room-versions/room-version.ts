/**
 * What a room version decides. Each version is the one before it plus its differences.
 * https://spec.matrix.org/v1.19/rooms/
 */
export interface RoomVersionRules {
  readonly id: RoomVersionId;
  readonly stateResolution: 'v1' | 'v2' | 'v2.1';
  /** 'server': `$opaque:domain` chosen by the sender; 'hash': reference hash in standard base64; 'hash-url': URL-safe base64. */
  readonly eventIds: 'server' | 'hash' | 'hash-url';
  /** Signing keys count only while `valid_until_ts` covers the event (version 5). */
  readonly enforceKeyValidity: boolean;
  /** Numbers must be integers in ±(2^53-1) (version 6). */
  readonly strictCanonicalJson: boolean;
  /** m.room.aliases is authorised by its own rule and keeps `aliases` on redaction (until version 5). */
  readonly specialCaseAliases: boolean;
  /** `notifications` in m.room.power_levels is checked like the other levels (version 6). */
  readonly checkNotificationLevels: boolean;
  /** `knock` membership and join rule (version 7). */
  readonly knocking: boolean;
  /** `restricted` join rule and `join_authorised_via_users_server`; redaction keeps `allow` of join rules (version 8). */
  readonly restrictedJoins: boolean;
  /** `join_authorised_via_users_server` survives redaction (version 9). */
  readonly keepAuthorisingUserOnRedaction: boolean;
  /** `knock_restricted` join rule (version 10). */
  readonly knockRestricted: boolean;
  /** Power levels must be integers, not strings (version 10). */
  readonly integerPowerLevels: boolean;
  /**
   * Redaction drops `origin`, `membership` and `prev_state`, and keeps all of the create event's content, `invite` in
   * power levels and `signed` of third-party invites (version 11).
   */
  readonly updatedRedaction: boolean;
  /** The room's creator is the create event's sender, not `content.creator` (version 11). */
  readonly implicitCreator: boolean;
  /** m.room.redaction carries `redacts` in its content (version 11). */
  readonly redactsInContent: boolean;
  /** The redaction event itself is authorised by comparing domains of event ids (versions 1 and 2). */
  readonly redactionAuthByEventIdDomain: boolean;
  /** The room id is the create event's id with `!` and is absent from that event (version 12). */
  readonly roomIdIsCreateHash: boolean;
  /** The creators stand above every power level; `additional_creators` (version 12). */
  readonly privilegedCreators: boolean;
  /** Fields of events have at most 255 characters, whatever their bytes: as servers counted before version 11. */
  readonly fieldLimitsInCharacters: boolean;
}

export type RoomVersionId = '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9' | '10' | '11' | '12';

const version1: RoomVersionRules = {
  id: '1',
  stateResolution: 'v1',
  eventIds: 'server',
  enforceKeyValidity: false,
  strictCanonicalJson: false,
  specialCaseAliases: true,
  checkNotificationLevels: false,
  knocking: false,
  restrictedJoins: false,
  keepAuthorisingUserOnRedaction: false,
  knockRestricted: false,
  integerPowerLevels: false,
  updatedRedaction: false,
  implicitCreator: false,
  redactsInContent: false,
  redactionAuthByEventIdDomain: true,
  roomIdIsCreateHash: false,
  privilegedCreators: false,
  fieldLimitsInCharacters: true,
};
const version2: RoomVersionRules = { ...version1, id: '2', stateResolution: 'v2' };
const version3: RoomVersionRules = { ...version2, id: '3', eventIds: 'hash', redactionAuthByEventIdDomain: false };
const version4: RoomVersionRules = { ...version3, id: '4', eventIds: 'hash-url' };
const version5: RoomVersionRules = { ...version4, id: '5', enforceKeyValidity: true };
const version6: RoomVersionRules = {
  ...version5,
  id: '6',
  strictCanonicalJson: true,
  specialCaseAliases: false,
  checkNotificationLevels: true,
};
const version7: RoomVersionRules = { ...version6, id: '7', knocking: true };
const version8: RoomVersionRules = { ...version7, id: '8', restrictedJoins: true };
const version9: RoomVersionRules = { ...version8, id: '9', keepAuthorisingUserOnRedaction: true };
const version10: RoomVersionRules = { ...version9, id: '10', knockRestricted: true, integerPowerLevels: true };
const version11: RoomVersionRules = {
  ...version10,
  id: '11',
  updatedRedaction: true,
  implicitCreator: true,
  redactsInContent: true,
  fieldLimitsInCharacters: false,
};
const version12: RoomVersionRules = {
  ...version11,
  id: '12',
  stateResolution: 'v2.1',
  roomIdIsCreateHash: true,
  privilegedCreators: true,
};

const versions: ReadonlyMap<string, RoomVersionRules> = new Map(
  [
    version1,
    version2,
    version3,
    version4,
    version5,
    version6,
    version7,
    version8,
    version9,
    version10,
    version11,
    version12,
  ].map((rules) => [rules.id, rules]),
);

export const defaultRoomVersion: RoomVersionId = '12';

/** The rules of a room version, or undefined for one that is unknown (answered with M_UNSUPPORTED_ROOM_VERSION). */
export function roomVersionRules(id: string): RoomVersionRules | undefined {
  return versions.get(id);
}

/** Every supported room version, oldest first. */
export function supportedRoomVersions(): readonly RoomVersionId[] {
  return [...versions.values()].map((rules) => rules.id);
}
