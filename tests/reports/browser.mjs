// Drives a headless Chromium over its debugging pipe: no package but Node itself.
import {spawn} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

const FLAGS = [
  '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run',
  '--disable-component-update', '--hide-scrollbars', '--remote-debugging-pipe', '--window-size=1400,900'
];

export class Browser {
  constructor(path) {
    this.profile = mkdtempSync(join(tmpdir(), 'raftsim-browser-'));
    this.process = spawn(
        path, [...FLAGS, `--user-data-dir=${this.profile}`, 'about:blank'],
        {stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe']});
    this.next = 0;
    this.waiting = new Map();
    this.events = [];
    let rest = '';
    this.process.stdio[4].on('data', (chunk) => {
      const parts = (rest + chunk).split('\0');
      rest = parts.pop();
      parts.forEach((part) => this.received(JSON.parse(part)));
    });
    this.process.on('exit', () => {
      for (const {reject} of this.waiting.values()) reject(new Error('the browser is gone'));
    });
  }

  received(message) {
    const waits = this.waiting.get(message.id);
    if (!waits) return this.events.push(message);
    this.waiting.delete(message.id);
    if (message.error)
      waits.reject(new Error(`${waits.method}: ${message.error.message}`));
    else
      waits.resolve(message.result);
  }

  send(method, params = {}, sessionId = undefined) {
    const id = ++this.next;
    this.process.stdio[3].write(JSON.stringify({id, method, params, sessionId}) + '\0');
    return new Promise((resolve, reject) => this.waiting.set(id, {resolve, reject, method}));
  }

  /** A tab at `url`, once its viewer says that it is ready (or at once, without scripts). */
  async open(url, {scripts = true, dark = false} = {}) {
    // A window of its own: tabs in the background get no frames.
    const {targetId} =
        await this.send('Target.createTarget', {url: 'about:blank', newWindow: true, width: 1400, height: 900});
    const {sessionId} = await this.send('Target.attachToTarget', {targetId, flatten: true});
    const page = new Page(this, sessionId, targetId);
    for (const domain of ['Page', 'Runtime', 'Log']) await page.send(`${domain}.enable`);
    await page.send('Emulation.setScriptExecutionDisabled', {value: !scripts});
    await page.send(
        'Emulation.setEmulatedMedia',
        {features: [{name: 'prefers-color-scheme', value: dark ? 'dark' : 'light'}]});
    await page.send('Page.navigate', {url});
    if (scripts)
      await page.until('document.documentElement.dataset.ready !== undefined');
    else
      await page.settle();
    return page;
  }

  async close() {
    const gone = new Promise((resolve) => this.process.on('exit', resolve));
    await this.send('Browser.close').catch(() => this.process.kill());
    await gone;
    rmSync(this.profile, {recursive: true, force: true, maxRetries: 5});
  }
}

class Page {
  constructor(browser, session, target) { Object.assign(this, {browser, session, target}); }

  send(method, params) { return this.browser.send(method, params, this.session); }

  close() {
    return this.browser.send('Target.closeTarget', {targetId: this.target});
  }

  async evaluate(expression) {
    const answer = await this.send('Runtime.evaluate', {expression, returnByValue: true, awaitPromise: true});
    if (answer.exceptionDetails) throw new Error(`${expression}: ${answer.exceptionDetails.text}`);
    return answer.result.value;
  }

  /** Waits for a condition in the page; the limit only turns a hang into a failure. */
  async until(expression) {
    const limit = Date.now() + 30000;
    while (!(await this.evaluate(expression).catch(() => false))) {
      if (Date.now() > limit) throw new Error(`never came true: ${expression}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async settle() {
    const loaded = (event) => event.sessionId === this.session && event.method === 'Page.loadEventFired';
    while (!this.browser.events.some(loaded)) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  /** Two frames: every change of state has been drawn. */
  frames() {
    return this.evaluate('new Promise(r => requestAnimationFrame(() => requestAnimationFrame(() => r(1))))');
  }

  async key(key) {
    const text = key.length === 1 ? key : undefined;
    await this.send('Input.dispatchKeyEvent', {type: 'keyDown', key, text});
    await this.send('Input.dispatchKeyEvent', {type: 'keyUp', key});
    await this.frames();
  }

  async type(text) {
    await this.send('Input.insertText', {text});
    await this.frames();
  }

  async click(x, y) {
    for (const type of ['mouseMoved', 'mousePressed', 'mouseReleased'])
      await this.send(
          'Input.dispatchMouseEvent',
          {type, x, y, button: 'left', clickCount: type === 'mouseMoved' ? 0 : 1});
    await this.frames();
  }

  async screenshot() { return Buffer.from((await this.send('Page.captureScreenshot')).data, 'base64'); }

  /** What the browser complained of: exceptions, refused content, errors on the console. */
  complaints() {
    return this.browser.events.filter((event) => event.sessionId === this.session)
        .filter(
            ({method, params}) => method === 'Runtime.exceptionThrown' ||
                (method === 'Log.entryAdded' && params.entry.level === 'error') ||
                (method === 'Runtime.consoleAPICalled' && params.type === 'error'))
        .map(({params}) => JSON.stringify(params).slice(0, 400));
  }
}
