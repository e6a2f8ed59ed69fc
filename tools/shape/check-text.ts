import type { ShapeViolation } from './shape-violation.ts';

interface TextRule {
  rule: string;
  pattern: RegExp;
  message: string;
}

/** What no text file of the repository contains. The patterns are written so that they do not match themselves. */
const textRules: TextRule[] = [
  {
    rule: 'unfinished',
    pattern: /\b(?:T[O]DO|F[I]XME|X[X]X)\b/,
    message: 'finish it, or file it where work is planned',
  },
  { rule: 'machine-path', pattern: /(?:^|[\s"'`(=:])\/(?:work|root|Users)\//, message: 'a path of one machine' },
  { rule: 'machine-path', pattern: /\/tmp\/(?:bash_jobs|brief|claude)/, message: 'a path of one machine' },
  {
    rule: 'registry-host',
    pattern: /https?:\/\/(?:registry\.[\w.-]+|[\w.-]*(?:artifactory|nexus|verdaccio|mirror)[\w.-]*)[/:"'\s]/,
    message: 'which registry serves a package is for each machine to say',
  },
  {
    rule: 'registry-host',
    pattern: /^\s*"resolved": "https?:/,
    message: 'npm install with omit-lockfile-registry-resolved',
  },
  {
    rule: 'registry-host',
    pattern: /^\s*(?:@[\w-]+:)?registry\s*=/,
    message: 'which registry serves a package is for each machine to say',
  },
  { rule: 'conflict', pattern: /^(?:<{7}|>{7}) /, message: 'a merge was left in the middle' },
];

/** The lines of a text file that hold what no file may hold. */
export function checkText(path: string, text: string): ShapeViolation[] {
  const violations: ShapeViolation[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    for (const { rule, pattern, message } of textRules) {
      if (pattern.test(line)) violations.push({ rule, path, line: index + 1, message });
    }
  }
  return violations;
}
