const secretName = /password|secret|mac$|nonce|access_token|recaptcha/i;
const maxLength = 2_000;
const maxDepth = 6;

/** What was asked for, as JSON of a bounded length without what nobody may read later. */
export function describeDetails(details: unknown): string {
  const text = JSON.stringify(withoutSecrets(details, 0)) ?? '{}';
  return text.length <= maxLength ? text : JSON.stringify({ beginning: [...text.slice(0, maxLength)].join('') });
}

function withoutSecrets(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= maxDepth) return '…';
  if (Array.isArray(value)) return value.slice(0, 100).map((item) => withoutSecrets(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      secretName.test(name) ? '(withheld)' : withoutSecrets(member, depth + 1),
    ]),
  );
}
