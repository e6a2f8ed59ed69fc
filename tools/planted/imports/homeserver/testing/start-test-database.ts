import { runAll } from '../processes/run-all.ts';
export const startTestDatabase = 1;
