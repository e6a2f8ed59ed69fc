const form = /^(==|<=|>=|<|>)?([0-9]{1,15})$/;

/**
 * The test that `is` of a `room_member_count` condition makes of the number of joined members: a decimal integer,
 * after one of `==`, `<`, `>`, `<=`, `>=` or nothing, which means `==`. Undefined for anything else.
 * https://spec.matrix.org/v1.19/client-server-api/#conditions-1
 */
export function parseMemberCountTest(is: string): ((memberCount: number) => boolean) | undefined {
  const match = form.exec(is);
  if (match === null) return undefined;
  const limit = Number(match[2]);
  switch (match[1]) {
    case '<':
      return (memberCount) => memberCount < limit;
    case '>':
      return (memberCount) => memberCount > limit;
    case '<=':
      return (memberCount) => memberCount <= limit;
    case '>=':
      return (memberCount) => memberCount >= limit;
    default:
      return (memberCount) => memberCount === limit;
  }
}
