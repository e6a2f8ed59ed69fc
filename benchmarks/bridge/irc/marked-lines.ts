import { findMarks, type RunMark } from '../../load/receive-marked.ts';

/** Finds a run's messages in bytes that come in pieces; a line that is cut waits for its rest. */
export function markedLines(mark: RunMark, received: (number: number) => void): (bytes: Buffer) => void {
  let rest: Buffer | undefined;
  return (bytes) => {
    const whole = rest ? Buffer.concat([rest, bytes]) : bytes;
    const end = whole.lastIndexOf(0x0a) + 1;
    findMarks(whole.subarray(0, end), mark, received);
    rest = end < whole.length ? whole.subarray(end) : undefined;
  };
}
