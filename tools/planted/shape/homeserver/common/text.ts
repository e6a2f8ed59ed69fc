// breaks: file-name
export function text() {}
