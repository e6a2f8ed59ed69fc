import type { PushCondition } from './push-rule.ts';

/** The one property whose patterns match parts of it, at word boundaries, and not the whole. */
export const bodyKey = 'content.body';

/**
 * What a pattern costs: passes over the text that it is compared with, one for every 32 characters of the pattern.
 * Patterns that are simply compared with a whole value cost nothing: clients store one such rule per muted room.
 */
export function patternCost(key: string, pattern: string): number {
  return key === bodyKey || /[*?]/.test(pattern) ? Math.ceil(pattern.length / 32) : 0;
}

export function rulePatternCost(rule: {
  readonly pattern?: string;
  readonly conditions?: readonly PushCondition[];
}): number {
  let cost = rule.pattern === undefined ? 0 : patternCost(bodyKey, rule.pattern);
  for (const { kind, key, pattern } of rule.conditions ?? []) {
    if (kind === 'event_match' && typeof key === 'string' && typeof pattern === 'string') {
      cost += patternCost(key, pattern);
    }
  }
  return cost;
}
