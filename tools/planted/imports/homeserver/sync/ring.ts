// The other half of the cycle is a type: it counts.
import type { Tail } from './tail.ts';
