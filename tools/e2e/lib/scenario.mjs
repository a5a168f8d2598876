// A test with what it started: cleaned up in reverse order, and looked at
// first if the test failed, while everything is still running.
import { mkdirSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const failures = fileURLToPath(new URL("../failures/", import.meta.url));

/** Like node's test. run gets a scenario to which what it starts is given. */
export function scenario(name, run) {
  test(name, { timeout: 180_000 }, async (t) => {
    const s = new Scenario(name, t);
    try {
      await run(s);
    } catch (error) {
      await s.tell();
      throw error;
    } finally {
      await s.clean();
    }
  });
}

export class Scenario {
  #cleanups = [];
  #witnesses = [];

  constructor(name, t) {
    this.name = name;
    this.t = t;
  }

  /** Has f called at the end; what came last is cleaned up first. */
  after(f) {
    this.#cleanups.unshift(f);
  }

  /** Has f called if the test fails; it returns lines that help to see why. */
  witness(f) {
    this.#witnesses.push(f);
  }

  /** Where a picture of a failure goes. */
  picture(what) {
    mkdirSync(failures, { recursive: true });
    return `${failures}${`${this.name} ${what}`.replace(/[^a-zA-Z0-9]+/g, "-")}.png`;
  }

  async tell() {
    for (const f of this.#witnesses) {
      for (const line of await f().catch((e) => [`no word: ${e}`])) this.t.diagnostic(line);
    }
  }

  async clean() {
    const errors = [];
    for (const f of this.#cleanups) await Promise.resolve().then(f).catch((e) => errors.push(e));
    if (errors.length > 0) throw errors[0];
  }
}
