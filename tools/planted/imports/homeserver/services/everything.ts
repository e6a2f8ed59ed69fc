// breaks: unknown-folder
export const everything = 1;
