const steps = [
  { unit: 'd', ms: 86_400_000 },
  { unit: 'h', ms: 3_600_000 },
  { unit: 'min', ms: 60_000 },
  { unit: 's', ms: 1_000 },
] as const;

/** `90 s`, `15 min`, `3 h`: the largest unit of which there are at least two. */
export function formatDuration(durationMs: number): string {
  const positiveMs = Math.abs(durationMs);
  const step = steps.find(({ ms }) => positiveMs >= 2 * ms);
  return step ? `${Math.round(positiveMs / step.ms)} ${step.unit}` : `${Math.round(positiveMs)} ms`;
}

const sizes = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

export function formatBytes(bytes: number): string {
  const power = Math.min(sizes.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  const value = bytes / 1024 ** power;
  return `${value < 10 && power > 0 ? value.toFixed(1) : Math.round(value)} ${sizes[power]}`;
}

export function formatShare(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}
