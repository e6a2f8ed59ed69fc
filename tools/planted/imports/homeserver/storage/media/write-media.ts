export const writeMedia = 1;
