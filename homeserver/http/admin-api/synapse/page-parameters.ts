/** Where a page of a list begins and how long it is, as Synapse's admin API has it. */
export const pageParameters = {
  from: { type: 'integer', minimum: 0, maximum: 999_999_999 },
  limit: { type: 'integer', minimum: 1, maximum: 1_000 },
} as const;

/** The same of a list that can be read in both directions. */
export const directedPageParameters = { ...pageParameters, dir: { enum: ['f', 'b'] } } as const;
