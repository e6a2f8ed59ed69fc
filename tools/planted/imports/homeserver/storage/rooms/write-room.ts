export const writeRoom = 1;
