import { ring } from './ring.ts';
export type Tail = 1;
