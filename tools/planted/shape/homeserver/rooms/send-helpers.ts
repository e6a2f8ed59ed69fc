// breaks: file-name
export function sendHelpers() {}
