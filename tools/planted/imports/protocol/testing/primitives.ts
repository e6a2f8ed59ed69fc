import { sign } from 'node:crypto';
export const primitives = 1;
