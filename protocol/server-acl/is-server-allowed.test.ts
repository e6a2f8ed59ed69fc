import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../events/pdu.ts';
import { isServerAllowedByAcl } from './is-server-allowed.ts';

const cases: readonly {
  story: string;
  acl: JsonObject | undefined;
  allowed?: readonly string[];
  denied?: readonly string[];
}[] = [
  { story: 'without an ACL everybody may', acl: undefined, allowed: ['x.org', '1.2.3.4', '[::1]:8448'] },
  { story: 'an empty ACL allows nobody', acl: {}, denied: ['x.org'] },
  {
    story: 'deny goes before allow, and globs match whole names',
    acl: { allow: ['*'], deny: ['evil.org', '*.evil.org'] },
    allowed: ['x.org', 'notevil.org', 'evil.org.x'],
    denied: ['evil.org', 'a.evil.org', 'EVIL.org', 'evil.org:8448'],
  },
  {
    story: 'only what is allowed may, with any port',
    acl: { allow: ['x.org', 'b?.org'] },
    allowed: ['x.org', 'x.org:1234', 'b1.org'],
    denied: ['y.org', 'b.org'],
  },
  {
    story: 'addresses may be refused as such',
    acl: { allow: ['*'], allow_ip_literals: false },
    allowed: ['x.org'],
    denied: ['1.2.3.4', '1.2.3.4:5', '[::1]', '[::1]:5'],
  },
  {
    story: 'what is of the wrong type counts as absent',
    acl: { allow: ['*', 5], deny: 'x.org', allow_ip_literals: 'false' },
    allowed: ['x.org', '1.2.3.4'],
  },
  { story: 'what is no server name may not', acl: { allow: ['*'] }, denied: ['', 'a b', 'x.org:99999'] },
];

for (const { story, acl, allowed = [], denied = [] } of cases) {
  test(story, () => {
    for (const server of allowed) assert.equal(isServerAllowedByAcl(acl, server), true, server);
    for (const server of denied) assert.equal(isServerAllowedByAcl(acl, server), false, server);
  });
}
