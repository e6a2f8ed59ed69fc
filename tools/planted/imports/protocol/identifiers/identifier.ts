export const identifier = 1;
