import type { ModeChange } from '../irc-event.ts';
import type { NetworkFeatures } from './network-features.ts';

const maxChanges = 100;

/** Reads `+ov-k` and its parameters by what the network says of each letter. */
export function parseModeChanges(
  features: Pick<NetworkFeatures, 'prefixes' | 'channelModes'>,
  letters: string,
  parameters: readonly string[],
): ModeChange[] {
  const [list, always, whenSet] = features.channelModes;
  const changes: ModeChange[] = [];
  let isSet = true;
  let next = 0;
  for (const mode of letters.slice(0, maxChanges)) {
    if (mode === '+' || mode === '-') {
      isSet = mode === '+';
      continue;
    }
    const isFlag = features.prefixes.some((prefix) => prefix.mode === mode);
    const hasParameter = isFlag || list.includes(mode) || always.includes(mode) || (isSet && whenSet.includes(mode));
    const parameter = hasParameter ? parameters[next] : undefined;
    if (hasParameter) next += 1;
    changes.push(parameter === undefined ? { mode, isSet } : { mode, isSet, parameter });
  }
  return changes;
}
