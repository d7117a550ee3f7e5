// browser_test.mjs WRITE_REPORT OUT_DIR: opens reports of a made-up failing run in a real browser. Each test
// is a sentence. Exit code 77: there is no Chromium
// here, which CI does not let pass (CI is set).
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {resolve} from 'node:path';

import {Browser} from './browser.mjs';

const [writeReport, out] = process.argv.slice(2).map((path) => resolve(path));
const chromium =
    ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
if (!chromium) {
  const ci = Boolean(process.env.CI);
  console.log(`${ci ? 'failed' : 'skipped'}: no chromium on this machine (./setup.sh --packages installs it)`);
  process.exit(ci ? 1 : 77);
}
mkdirSync(out, {recursive: true});
const report = (name, load, how) => {
  execFileSync(writeReport, [`${out}/${name}.html`, String(load), how]);
  return `file://${out}/${name}.html`;
};
const failing = report('failing', 12, 'hostile');
const clients = report('clients', 1, 'clients');
const passing = report('passing', 12, 'pass');

const selected = 'Number(document.querySelector(".details h2 .id").textContent.slice(1))';
const words = 'document.querySelector(".details .words").textContent';
const status = 'document.querySelector(".list .status").textContent';
const canvasWindow = 'new URLSearchParams(location.hash.slice(1)).get("w")';
const violation = 'Number(document.querySelector(".headline h3 .jump").textContent.replace(/\\D/g, ""))';
/** How many pixels of the lanes have a colour of the style sheet. */
const pixels = (name) => `(() => {
  const style = getComputedStyle(document.documentElement).getPropertyValue('--${name}').trim();
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(style.slice(at, at + 2), 16));
  const canvas = document.querySelector('.chart canvas');
  const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let n = 0;
  for (let i = 0; i < data.length; i += 4) if (data[i] === r && data[i + 1] === g && data[i + 2] === b) n++;
  return n;
})()`;

const tests = {
  async the_violation_is_visible_on_load(browser) {
    const page = await browser.open(failing);
    assert.equal(await page.evaluate('document.querySelector(".badge").textContent'), 'FAIL');
    assert.match(
        await page.evaluate('document.querySelector(".top h1").textContent'), /Two leaders in term 7/);
    assert.equal(await page.evaluate(selected), await page.evaluate(violation));
    assert.ok(
        await page.evaluate(pixels('bad')) > 1500, 'the violation line, its flag and the evidence are drawn');
    assert.equal(await page.evaluate('document.querySelectorAll(".headline .disc").length'), 6);
    writeFileSync(`${out}/light.png`, await page.screenshot());
    return page;
  },

  async a_pass_shows_no_violation(browser) {
    const page = await browser.open(passing, {dark: true});
    assert.equal(await page.evaluate('document.querySelector(".badge").textContent'), 'PASS');
    assert.equal(await page.evaluate(pixels('bad')), 0);
    assert.equal(await page.evaluate('document.documentElement.dataset.theme'), 'dark');
    writeFileSync(`${out}/dark.png`, await page.screenshot());
    return page;
  },

  async hostile_text_stays_text(browser) {
    const page = await browser.open(`${failing}#q=onerror`);
    assert.match(await page.evaluate(status), /^[1-9][\d,]* of [\d,]+ events$/);
    await page.click(1200, 380);
    assert.match(
        await page.evaluate('document.querySelector(".details").textContent'), /<img src=x onerror=/);
    assert.equal(await page.evaluate('document.querySelectorAll("img, b b").length'), 0);
    assert.match(await page.evaluate('document.title'), /^FAIL  leader_crash|^FAIL leader_crash/);
    return page;
  },

  async without_scripts_verdict_story_and_picture_are_there(browser) {
    const page = await browser.open(failing, {scripts: false});
    const {root} = await page.send('DOM.getDocument', {depth: 0});
    const text = (await page.send('DOM.getOuterHTML', {nodeId: root.nodeId})).outerHTML;
    assert.match(text, /<h1>FAIL {2}leader_crash {2}seed 42 {2}election_safety violated/);
    const {nodeId} = await page.send('DOM.querySelector', {nodeId: root.nodeId, selector: '#static svg'});
    const {model} = await page.send('DOM.getBoxModel', {nodeId});
    assert.ok(model.width > 600 && model.height > 200, 'the picture has a size');
    return page;
  },

  async keys_lead_from_event_to_event(browser) {
    const page = await browser.open(failing);
    const event = await page.evaluate(violation);
    await page.key('.');
    assert.equal(await page.evaluate(selected), event + 1);
    await page.key(',');
    assert.equal(await page.evaluate(selected), event);
    await page.key('[');
    const cause = await page.evaluate(selected);
    assert.ok(cause < event);
    assert.match(await page.evaluate(words), /RequestVoteResp/);
    await page.key(']');
    assert.equal(await page.evaluate(selected), event);
    await page.key('}');
    assert.ok(await page.evaluate(selected) > event);
    assert.match(await page.evaluate('document.querySelector(".details h2").textContent'), / n4 /);
    await page.key('{');
    assert.equal(await page.evaluate(selected), event);
    await page.key('v');
    const other = await page.evaluate(selected);
    assert.notEqual(other, event);
    await page.key('v');
    assert.equal(await page.evaluate(selected), event);
    await page.key('f');
    assert.match(await page.evaluate(words), /^fault: /);
    return page;
  },

  async keys_move_the_window(browser) {
    const page = await browser.open(failing);
    await page.key('+');
    const look = async (key) => {
      await page.key(key);
      // The address follows when the window has come to rest.
      await page.evaluate('new Promise(r => setTimeout(r, 400))');
      return (await page.evaluate(canvasWindow)).split('..').map(parseFloat);
    };
    const [from, to] = await look('+');
    const wider = await look('-');
    assert.ok(wider[1] - wider[0] > (to - from) * 1.3);
    const left = await look('ArrowLeft');
    assert.ok(left[0] < wider[0] && left[1] < wider[1]);
    const right = await look('d');
    assert.ok(Math.abs(right[0] - wider[0]) < 1e-5);
    assert.deepEqual(await look('0'), [0, 5]);
    await page.key('m');
    await page.evaluate('new Promise(r => setTimeout(r, 400))');
    assert.equal(await page.evaluate(canvasWindow), null, 'on the axis of events there is no window of time');
    return page;
  },

  async keys_open_filter_help_theme_and_go_to(browser) {
    const page = await browser.open(failing);
    await page.key('t');
    assert.equal(await page.evaluate('document.documentElement.dataset.theme'), 'dark');
    await page.key('?');
    assert.match(await page.evaluate('document.querySelector("dialog[open]").textContent'), /next violation/);
    await page.key('?');
    assert.equal(await page.evaluate('document.querySelector("dialog[open]")'), null);
    await page.key('g');
    await page.type('1234');
    await page.evaluate('document.querySelector("dialog[open] form").requestSubmit()');
    await page.frames();
    assert.equal(await page.evaluate(selected), 1234);
    await page.key('/');
    assert.equal(await page.evaluate('document.activeElement.className'), 'filter');
    await page.type('kind:crash');
    await page.until(`/^2 of/.test(${status})`);
    return page;
  },

  async the_filter_language_narrows_and_says_what_is_wrong(browser) {
    const page = await browser.open(`${failing}#q=node:n5 type:RequestVote* kind:send,recv term>=7`);
    const lines = 'Array.from(document.querySelectorAll(".list .line"), (line) => line.textContent)';
    const shown = await page.evaluate(lines);
    assert.ok(shown.length >= 4);
    for (const line of shown) assert.match(line, /n5(send|recv).*RequestVote/);
    const wrong = await browser.open(`${failing}#q=kind:crush`);
    assert.equal(await wrong.evaluate(status), 'no kind is called crush');
    return page;
  },

  async a_link_opens_its_event_in_both_spellings(browser) {
    for (const hash of ['#e=1500', '#e1500', '#e=1500&w=1s..1.5s']) {
      const page = await browser.open(failing + hash);
      assert.equal(await page.evaluate(selected), 1500);
    }
    const page = await browser.open(failing);
    await page.evaluate('location.hash = "#e1501"');
    await page.until(`${selected} === 1501`);
    return page;
  },

  async the_legend_hides_a_type_of_message(browser) {
    const page = await browser.open(failing);
    const chip =
        'Array.from(document.querySelectorAll(".chip")).find((c) => c.textContent === "RequestVote")';
    assert.equal(await page.evaluate(`${chip}.getAttribute("aria-pressed")`), 'true');
    const picture = 'document.querySelector(".chart canvas").toDataURL()';
    const before = await page.evaluate(picture);
    await page.evaluate(`${chip}.click()`);
    await page.frames();
    assert.equal(await page.evaluate(`${chip}.getAttribute("aria-pressed")`), 'false');
    assert.notEqual(await page.evaluate(picture), before);
    return page;
  },

  async the_checks_tab_names_every_property_with_its_verdict(browser) {
    const page = await browser.open(failing);
    await page.evaluate('document.querySelectorAll("[role=tab]")[2].click()');
    await page.frames();
    const rows = await page.evaluate(
        'Array.from(document.querySelectorAll(".checks .properties tbody tr"), (row) => row.textContent)');
    const table = readFileSync(new URL('../../history/property.cpp', import.meta.url), 'utf8');
    assert.equal(rows.length, table.match(/^ {4}\{(\w+), "\1"/gm).length);
    assert.match(rows[0], /^violatedelection_safety/);
    assert.ok(rows.some((row) => /^unknownlinearizable/.test(row)));
    const seen = await page.evaluate(
        'Array.from(document.querySelectorAll(".checks .situations tbody tr"), (row) => row.textContent)');
    assert.deepEqual(seen, ['3two_leaderstwo servers lead at once, in different terms']);
    return page;
  },

  async clients_alone_have_lanes_and_the_violation_is_visible_on_load(browser) {
    const page = await browser.open(clients);
    assert.equal(await page.evaluate('document.querySelector(".badge").textContent'), 'FAIL');
    const facts = await page.evaluate('document.querySelector(".facts").textContent');
    assert.match(facts, /others\.jsonl/);
    assert.doesNotMatch(facts, /seed|hash|messages/);
    assert.equal(await page.evaluate(selected), await page.evaluate(violation));
    assert.match(await page.evaluate(words), /get k3/);
    assert.equal(await page.evaluate('document.querySelectorAll(".headline .disc").length'), 2);
    assert.ok(await page.evaluate(pixels('bad')) > 800, 'frames around what the violation names');
    assert.ok(await page.evaluate(pixels('good')) > 1000, 'bars of what was answered');
    assert.doesNotMatch(await page.evaluate('document.querySelector("aside").textContent'), /Elections/);
    writeFileSync(`${out}/clients.png`, await page.screenshot());
    for (const [key, events] of [['k4', 1], ['k3', 6]]) {
      const filtered = await browser.open(`${clients}#q=key:${key}`);
      assert.match(await filtered.evaluate(status), new RegExp(`^${events} of 7`));
    }
    return page;
  },

  async a_click_on_an_arrow_or_a_band_selects_its_event(browser) {
    const page = await browser.open(failing);
    const {x, y} = await page.evaluate(`(() => {
      const box = document.querySelector('.chart canvas').getBoundingClientRect();
      return {x: box.x + 80, y: box.y + box.height * 0.235};
    })()`);
    const before = await page.evaluate(selected);
    for (let dy = 0; dy < 160 && await page.evaluate(selected) === before; dy += 8)
      await page.click(x, y + dy);
    assert.notEqual(await page.evaluate(selected), before);
    return page;
  },
};

const browser = new Browser(chromium);
let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  try {
    const page = await test(browser);
    assert.deepEqual(page.complaints(), [], 'the browser has nothing to complain of');
    await page.close();
    console.log(`ok    ${name}`);
  } catch (error) {
    failed++;
    console.log(
        `FAIL  ${name}\n      ${String(error.stack || error).split('\n').slice(0, 6).join('\n      ')}`);
  }
}
await browser.close();
console.log(failed ? `${failed} failed` : `${Object.keys(tests).length} held`);
process.exit(failed ? 1 : 0);
