// TODO write this // breaks: unfinished
export const unfinished = '/root/here'; // breaks: machine-path
