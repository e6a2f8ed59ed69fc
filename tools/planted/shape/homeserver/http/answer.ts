// breaks: export-name
export function sendEvent() {}
