import { createHash } from 'node:crypto';

/** Of the monitor's pages, which must need nothing beside themselves: they are read where the server is down. */
export const pageStyle = `
:root{color-scheme:light dark;--page:#f5f7f5;--surface:#fff;--text:#17211d;--muted:#51605a;--line:#d5ddd8;--link:#14503f;
--well:#1d6a58;--warn:#7a4b00;--bad:#a3262b}
@media (prefers-color-scheme:dark){:root{--page:#101513;--surface:#181f1c;--text:#e4ebe7;--muted:#a0aea7;--line:#2e3934;
--link:#95e0c8;--well:#74d1b3;--warn:#f0c068;--bad:#ff9f98}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:46rem;padding:1rem;background:var(--page);color:var(--text);overflow-wrap:anywhere;
font:1rem/1.55 system-ui,-apple-system,"Segoe UI","Open Sans","Helvetica Neue",sans-serif}
h1{font-size:1.1rem;margin:1rem 0 0}
h2{font-size:1.2rem;margin:2rem 0 .5rem}
h3{font-size:1rem;margin:0}
a{color:var(--link)}
.verdict{font-size:1.7rem;font-weight:600;line-height:1.25;margin:.2rem 0 1.2rem}
.well{color:var(--well)}
.warn{color:var(--warn)}
.bad{color:var(--bad)}
.components,article{background:var(--surface);border:1px solid var(--line);border-radius:10px;margin:0;padding:0 1rem}
.components{list-style:none}
.components li{display:flex;justify-content:space-between;gap:1rem;padding:.6rem 0}
.components strong{flex:none}
.components li+li{border-top:1px solid var(--line)}
article{margin:0 0 1rem;padding:.8rem 1rem}
article p,footer{color:var(--muted);margin:.2rem 0}
article ul{margin:.6rem 0 0;padding-left:1.2rem}
article time,footer time{color:var(--muted);font-variant-numeric:tabular-nums}
.note{font-weight:600}
.muted{color:var(--muted);font-size:.9rem}
a:focus-visible,button:focus-visible{outline:3px solid var(--link);outline-offset:2px}
button{font:inherit;font-weight:600;padding:.8rem 1.6rem;border:0;border-radius:10px;background:var(--well);color:var(--page)}
footer{margin:2rem 0 1rem;font-size:.9rem}
`;

/** https://www.w3.org/TR/CSP3/: this style, what `formAction` says of forms, and nothing else. */
export function pagePolicy(formAction: "'none'" | "'self'"): string {
  return [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(pageStyle).digest('base64')}'`,
    "base-uri 'none'",
    `form-action ${formAction}`,
  ].join('; ');
}
