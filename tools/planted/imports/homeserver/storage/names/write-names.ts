export const internNames = 1;
