export const clock = { now: () => Date.now(), wait: setTimeout };
export const home = process.env.HOME; // breaks: effects
