import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { checkPage } from './check-page.ts';
import { openBrowser } from './open-browser.ts';

let browser: Browser;
let page: Page;
before(async () => {
  browser = await openBrowser();
  page = await browser.newPage();
});
after(() => browser?.close());

/** A page that is well but for what is planted in it. */
async function check(planted: string, style = ''): Promise<void> {
  await page.goto('about:blank');
  await page.setContent(
    `<!doctype html><html lang="en"><head><title>A page</title><meta name="viewport" content="width=device-width">
    <style>button{min-width:2rem;min-height:2rem}${style}</style></head>
    <body><main><h1>A page</h1><p><a href="#first">First</a></p>${planted}<p><button>Last</button></p></main></body></html>`,
  );
  await checkPage(page, 'other planted');
}

test('a page that is well is found to be well, with all the kinds of controls that there are', async () => {
  await check(`<form><label>Name <input name="name"></label> <label>When <input type="datetime-local"></label>
    <fieldset><legend>Which</legend><label><input type="radio" name="a" value="1">One</label>
    <label><input type="radio" name="a" value="2" checked>Two</label></fieldset>
    <label>Kind <select><option>x</option></select></label><label>Text <textarea></textarea></label>
    <details><summary>More</summary><button>Hidden</button></details>
    <button disabled>Not now</button></form>`);
});

/** By a script, since axe finds `tabindex="5"` before anybody walks. */
const orderOfItsOwn = `<p><button id="one">One</button><button id="two">Two</button></p><script>
  addEventListener('keydown', (event) => {
    const to = { First: two, Two: one }[document.activeElement?.textContent];
    if (event.key === 'Tab' && to) { event.preventDefault(); to.focus(); }
  });</script>`;
const cases: [what: string, planted: string, expected: RegExp, style?: string][] = [
  ['text that is hard to see', '<p style="color:#999">Pale</p>', /contrast of only/],
  ['a control without a label', '<input name="x">', /no label/],
  ['a picture that says nothing', '<img src="data:,">', /no text instead of the picture/],
  ['a role that does not exist', '<p role="knob">Turn</p>', /aria-roles/],
  ['a list with something else in it', '<ul><p>One</p></ul>', /list \(/],
  ['a name without what is seen', '<button aria-label="Open">Close</button>', /label-content-name-mismatch/],
  ['a control that the keyboard does not reach', '<button tabindex="-1">x</button>', /not reached with the Tab key/],
  ['focus that is not seen', '<button class="quiet">x</button>', /the focus is not seen/, '.quiet:focus{outline:none}'],
  ['a button that is off the screen', '<button style="position:fixed;left:-999px">x</button>', /is not on the screen/],
  ['an order of its own', orderOfItsOwn, /out of order/],
  [
    'a trap',
    '<button id="trap">x</button><script>trap.onkeydown = (event) => event.preventDefault()</script>',
    /Last[^]*not reached with the Tab key/,
  ],
];
for (const [what, planted, expected, style] of cases) {
  test(`${what} is found`, () => assert.rejects(check(planted, style), expected));
}
