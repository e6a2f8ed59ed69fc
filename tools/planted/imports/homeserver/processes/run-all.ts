export const runAll = 1;
