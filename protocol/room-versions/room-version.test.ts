import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultRoomVersion, type RoomVersionRules, roomVersionRules, supportedRoomVersions } from './room-version.ts';

/** The first version whose rules have a value, and that value. https://spec.matrix.org/v1.19/rooms/ */
const changes: Record<string, Partial<RoomVersionRules>> = {
  2: { stateResolution: 'v2' },
  3: { eventIds: 'hash', redactionAuthByEventIdDomain: false },
  4: { eventIds: 'hash-url' },
  5: { enforceKeyValidity: true },
  6: { strictCanonicalJson: true, specialCaseAliases: false, checkNotificationLevels: true },
  7: { knocking: true },
  8: { restrictedJoins: true },
  9: { keepAuthorisingUserOnRedaction: true },
  10: { knockRestricted: true, integerPowerLevels: true },
  11: { updatedRedaction: true, implicitCreator: true, redactsInContent: true, fieldLimitsInCharacters: false },
  12: { stateResolution: 'v2.1', roomIdIsCreateHash: true, privilegedCreators: true },
};

for (const [version, changed] of Object.entries(changes)) {
  test(`version ${version} is the one before it with exactly its own differences`, () => {
    const before = roomVersionRules(String(Number(version) - 1));
    assert.deepEqual(roomVersionRules(version), { ...before, id: version, ...changed });
    for (const [rule, value] of Object.entries(changed)) {
      assert.notEqual(before?.[rule as keyof RoomVersionRules], value, rule);
    }
  });
}

test('twelve versions are supported, and 12 is what new rooms get', () => {
  assert.deepEqual(
    supportedRoomVersions(),
    Array.from({ length: 12 }, (_, index) => String(index + 1)),
  );
  assert.equal(defaultRoomVersion, '12');
});

test('unknown versions have no rules', () => {
  for (const id of ['', '0', '13', '1.0', '01', 'org.example', '__proto__']) {
    assert.equal(roomVersionRules(id), undefined, id);
  }
});
