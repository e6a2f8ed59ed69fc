/** The token of the address that the terminal prints. */
export const setUpTokenSchema = { type: 'string', maxLength: 255 } as const;
