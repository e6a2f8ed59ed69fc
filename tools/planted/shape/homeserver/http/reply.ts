export default function reply() {} // breaks: named-exports
