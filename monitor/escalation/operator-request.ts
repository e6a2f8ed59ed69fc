/** What an administrator asks for in the console. Names are those of the stored document. */
export type OperatorRequest =
  | { readonly kind: 'acknowledge'; readonly by: string; readonly incident: string }
  | {
      readonly kind: 'silence';
      readonly by: string;
      /** At least one. */
      readonly rules: readonly string[];
      readonly duration_ms: number;
      readonly reason: string;
    }
  | {
      readonly kind: 'plan-maintenance';
      readonly by: string;
      /** None: all kinds of alerts. */
      readonly rules: readonly string[];
      readonly from_ms: number;
      readonly to_ms: number;
      readonly reason: string;
    }
  /** Ends planned maintenance, too. */
  | { readonly kind: 'end-silence'; readonly by: string; readonly id: string }
  | {
      readonly kind: 'override';
      readonly by: string;
      /** Of monitor.paging.people. */
      readonly person: string;
      readonly from_ms: number;
      readonly to_ms: number;
    }
  | { readonly kind: 'end-override'; readonly by: string; readonly id: string }
  | { readonly kind: 'note'; readonly by: string; readonly incident: string; readonly text: string };

const mostRules = 50;
const longestMs = 7 * 86_400_000;

/** A stored request, if it is of this form and within its bounds. */
export function parseOperatorRequest(text: string): OperatorRequest | undefined {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const isText = (name: string) => typeof value[name] === 'string' && value[name] !== '';
  const { rules, duration_ms: durationMs } = value;
  const areRules = Array.isArray(rules) && rules.length <= mostRules && rules.every((rule) => typeof rule === 'string');
  const hasSpan = Number.isFinite(value['from_ms']) && Number.isFinite(value['to_ms']);
  const isSilence =
    areRules && rules.length > 0 && typeof durationMs === 'number' && durationMs > 0 && durationMs <= longestMs;
  const isWhole: Readonly<Record<string, boolean>> = {
    acknowledge: isText('incident'),
    silence: isSilence && isText('reason'),
    'plan-maintenance': areRules && hasSpan && isText('reason'),
    'end-silence': isText('id'),
    override: isText('person') && hasSpan,
    'end-override': isText('id'),
    note: isText('incident') && isText('text'),
  };
  return isText('by') && isWhole[String(value['kind'])] ? (value as unknown as OperatorRequest) : undefined;
}
