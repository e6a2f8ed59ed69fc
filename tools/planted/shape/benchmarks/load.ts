export const load = () => Date.now();
