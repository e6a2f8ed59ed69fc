// breaks: file-name
export function sendEvent() {}
