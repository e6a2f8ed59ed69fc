export const readConfig = () => process.env.HOLDFAST_DATA_DIR;
