// A person: a Chromium of their own, with a camera in their own colour and a
// microphone that beeps, and what they do and see on the pages. Elements are
// found by what the pages promise to tests: data-testid, data-state.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { colourOf, film } from "./camera.mjs";
import { keepPeers, look, stats } from "./watch.mjs";

const executablePath = process.env.CHROMIUM ??
  ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);

/** How long anything may take that a person waits for. Two cores run all of it. */
export const patience = 20_000;

const quiet = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-features=WebRtcHideLocalIpsWithMdns",
];
const fakes = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", "--autoplay-policy=no-user-gesture-required"];

/** The camera's and the shared screen's picture differ in size. */
export const screenWidth = 1280;

export class Person {
  /** Opens a browser for somebody with this name and colour (see camera.mjs). */
  static async arrive(t, dir, name, colour) {
    const camera = join(dir, `${name}.y4m`);
    film(camera, colour);
    const browser = await chromium.launch({
      executablePath, args: [...quiet, ...fakes, `--use-file-for-fake-video-capture=${camera}`],
    });
    t.after(() => browser.close());
    const context = await browser.newContext({ permissions: ["camera", "microphone"], ignoreHTTPSErrors: true });
    await context.addInitScript(keepPeers);
    const page = await context.newPage();
    page.setDefaultTimeout(patience);
    const person = new Person();
    Object.assign(person, { name, colour, browser, context, page, said: [] });
    page.on("console", (m) => person.said.push(`${m.type()}: ${m.text()}`));
    page.on("pageerror", (e) => person.said.push(`error: ${e.stack ?? e}`));
    t.witness(() => person.testimony(t.picture(name)));
    return person;
  }

  /** Signs in on the start page. */
  async signIn(base, email, password) {
    await this.page.goto(base);
    await this.page.getByTestId("email").fill(email);
    await this.page.getByTestId("password").fill(password);
    await this.page.getByTestId("signin-submit").click();
    await this.page.getByTestId("start-now").waitFor();
  }

  /** Signs in without the page's help: only the cookie. */
  async hasSignedIn(base, email, password) {
    const origin = new URL(base).origin;
    const response = await this.context.request.post(`${origin}/api/login`, { data: { email, password }, headers: { Origin: origin } });
    assert.equal(response.status(), 200, await response.text());
  }

  /** Opens the lobby of a meeting. */
  async open(url) {
    await this.page.goto(url);
    await this.page.getByTestId("join").waitFor();
  }

  /** Opens the link, gives the name, clicks Join, and is in. */
  async join(url) {
    await this.knock(url);
    await this.until("in");
  }

  /** Opens the link, gives the name, clicks Join. */
  async knock(url) {
    await this.open(url);
    const field = this.page.getByTestId("name");
    await eventually(async () => {
      await field.fill(this.name);
      // A host's own name may arrive in the field just then.
      assert.equal(await field.inputValue(), this.name);
    });
    await this.page.getByTestId("join").click();
  }

  async state() {
    return await this.page.getByTestId("meeting").getAttribute("data-state");
  }

  /** Waits until the page is in this state. */
  async until(state, timeout = patience) {
    await this.page.locator(`[data-testid="meeting"][data-state="${state}"]`).waitFor({ timeout });
  }

  /** The sentence that the page ended with: its code. */
  async outcome() {
    const message = this.page.getByTestId("message");
    await message.waitFor();
    const text = await this.page.getByTestId("message-text").textContent();
    assert.ok(text.trim().length > 20, `no sentence for people: "${text}"`);
    return await message.getAttribute("data-code");
  }

  /** The tile that shows somebody's camera, or screen. */
  tile(name, kind = "camera") {
    return this.page.locator(`[data-testid="tile"][data-name="${name}"][data-kind="${kind}"]`);
  }

  /** Watches somebody's tile for some frames: ground colour, changes, size. */
  async see(name, { kind = "camera", frames = 12 } = {}) {
    const video = this.tile(name, kind).locator("video");
    await video.waitFor({ state: "visible" });
    const seen = await video.evaluate(look, { frames, ms: patience });
    return { ...seen, colour: colourOf(seen.ground) };
  }

  /** Expects that somebody's moving picture, in their own colour, is on the page. */
  async sees(other) {
    const seen = await this.see(other.name);
    assert.equal(seen.colour, other.colour, `${this.name} sees ${seen.colour} (${seen.ground}) in ${other.name}'s tile`);
    assert.ok(seen.changed >= 6, `${this.name} sees ${other.name} standing still: ${seen.changed} of 11 frames changed`);
  }

  /** Waits until nobody with this name is on the page. */
  async misses(name) {
    await this.page.locator(`[data-testid="tile"][data-name="${name}"]`).first().waitFor({ state: "detached" });
  }

  /** What helps to see why a test failed, and a screenshot at path. */
  async testimony(path) {
    await this.page.screenshot({ path });
    const trace = await this.page.evaluate(() => window.__trace);
    return [`state ${await this.state()}, ${path}`, ...this.said.slice(-20), ...trace.slice(-25)].map((line) => `${this.name}: ${line}`);
  }

  /** Sums of the page's WebRTC statistics. */
  async stats() {
    return await this.page.evaluate(stats);
  }

  /** Waits until these statistics have grown by so much, and returns them. */
  async grows(growth) {
    const before = await this.stats();
    return await eventually(async () => {
      const now = await this.stats();
      for (const [key, by] of Object.entries(growth)) {
        assert.ok(now[key] - before[key] >= by, `${this.name}: ${key} grew from ${before[key]} to ${now[key]}, not by ${by}`);
      }
      return now;
    });
  }
}

/** Tries check until it throws nothing; after patience its error is thrown. */
export async function eventually(check, ms = patience) {
  const deadline = Date.now() + ms;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
