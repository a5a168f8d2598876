// Real bin/causeway processes: started with --json and port 0, stopped and
// judged by their exit status when the test that started them is over.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));
export const binary = process.env.CAUSEWAY_BINARY ?? join(root, "bin/causeway");

const startMs = 20_000;
const stopMs = 10_000;

/** A directory that is gone when the test is over. */
export function scratch(t) {
  const dir = mkdtempSync(join(tmpdir(), "causeway-e2e-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** One running causeway; info is the line that it printed once it served. */
export class Process {
  #child;
  #log = [];
  #gone;

  constructor(args) {
    this.args = args;
    this.#child = spawn(binary, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.#gone = new Promise((resolve) => {
      this.#child.once("error", (error) => resolve({ error }));
      this.#child.once("close", (code, signal) => resolve({ code, signal }));
    });
    createInterface({ input: this.#child.stderr }).on("line", (line) => this.#log.push(line));
    this.lines = createInterface({ input: this.#child.stdout });
  }

  /** Starts causeway with args and waits for its first line of JSON. */
  static async start(t, ...args) {
    const p = new Process(args);
    t.after(() => p.stop());
    t.witness(async () => [`causeway ${args.join(" ")}`, ...p.log.slice(-40)]);
    const first = await Promise.race([
      new Promise((resolve) => p.lines.once("line", resolve)),
      p.#gone.then((end) => Promise.reject(new Error(`causeway ${args.join(" ")} ended: ${JSON.stringify(end)}\n${p.log.join("\n")}`))),
      after(startMs).then(() => Promise.reject(new Error(`causeway ${args.join(" ")} said nothing in ${startMs} ms\n${p.log.join("\n")}`))),
    ]);
    p.info = JSON.parse(first);
    return p;
  }

  get log() {
    return this.#log;
  }

  get pid() {
    return this.#child.pid;
  }

  /** Ends it as a crash would. Resolves when it is gone. */
  async kill() {
    this.#child.kill("SIGKILL");
    return await this.#gone;
  }

  /** Ends it as an operator would and expects a clean end. Does nothing if it is gone. */
  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill("SIGTERM");
    const end = await Promise.race([this.#gone, after(stopMs)]);
    if (end === undefined) {
      await this.kill();
      assert.fail(`causeway ${this.args.join(" ")} did not stop in ${stopMs} ms`);
    }
    assert.equal(end.code, 0, `causeway ${this.args.join(" ")} ended with ${JSON.stringify(end)}`);
  }
}

/** Runs a causeway command to its end and returns what it printed as JSON. */
export async function causeway(...args) {
  const child = spawn(binary, args, { stdio: ["ignore", "pipe", "pipe"] });
  let out = "", err = "";
  child.stdout.on("data", (d) => (out += d));
  child.stderr.on("data", (d) => (err += d));
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`causeway ${args.join(" ")} ended with ${code}: ${err}`);
  return JSON.parse(out);
}

/** Resolves after ms and keeps no process alive. */
export function after(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
