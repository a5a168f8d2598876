// The independent WebRTC client (tools/e2e/peer), and the film that it plays:
// encoded by a browser, because Go has no video encoder of its own.
import { spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { patience } from "./person.mjs";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** Builds the client into dir and returns its path. */
export function buildPeer(dir) {
  const path = join(dir, "peer");
  const built = spawnSync("go", ["build", "-o", path, "./tools/e2e/peer"], { cwd: root, encoding: "utf8" });
  if (built.status !== 0) throw new Error(`go build ./tools/e2e/peer: ${built.stderr}`);
  return path;
}

/** Runs the client; what it says comes out of says(). */
export class Peer {
  #lines = [];
  #wake = () => {};

  constructor(t, path, ...args) {
    const child = spawn(path, args, { stdio: ["pipe", "pipe", "pipe"] });
    this.child = child;
    let err = "";
    child.stderr.on("data", (d) => (err += d));
    createInterface({ input: child.stdout }).on("line", (line) => {
      this.#lines.push(JSON.parse(line));
      this.#wake();
    });
    this.gone = new Promise((resolve) => child.once("close", resolve));
    t.after(async () => {
      child.stdin.end();
      const killer = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await this.gone;
      clearTimeout(killer);
    });
    t.witness(async () => [...this.#lines.slice(-10).map((l) => JSON.stringify(l)), err].map((line) => `peer: ${line}`));
  }

  /** Waits for a line of which wanted is true. */
  async says(wanted) {
    const deadline = Date.now() + patience;
    for (;;) {
      const line = this.#lines.find(wanted);
      if (line) return line;
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`the peer said only ${this.#lines.slice(-5).map((l) => JSON.stringify(l)).join(" ")}`);
      await new Promise((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, Math.min(left, 500));
      });
    }
  }

  /** Tells it to give its session back and end; returns the status of the DELETE. */
  async stop() {
    this.child.stdin.end();
    return (await this.says((l) => "deleted" in l)).deleted;
  }
}

/** Has a page encode a film of one colour: 2 s of VP8, with a moving bar, and of Opus. */
export async function encodeFilm(page, path, css) {
  const lines = await page.evaluate(encode, css);
  writeFileSync(path, lines.map((l) => JSON.stringify(l)).join("\n"));
}

// Runs in the page. Only the first video frame is a key frame: whoever plays
// the film starts over when one is asked for.
async function encode(css) {
  const lines = [];
  const keep = (kind, durationUs) => (chunk) => {
    const data = new Uint8Array(chunk.byteLength);
    chunk.copyTo(data);
    lines.push({ kind, duration_us: durationUs, data: btoa(String.fromCharCode(...data)) });
  };
  const fail = (e) => { throw e; };
  const fps = 15, us = Math.round(1e6 / fps);
  const canvas = new OffscreenCanvas(320, 180);
  const g = canvas.getContext("2d");
  const video = new VideoEncoder({ output: keep("video", us), error: fail });
  video.configure({ codec: "vp8", width: 320, height: 180, bitrate: 300_000, framerate: fps, latencyMode: "realtime" });
  for (let f = 0; f < 2 * fps; f++) {
    g.fillStyle = css;
    g.fillRect(0, 0, 320, 180);
    g.fillStyle = "black";
    g.fillRect(80 + f * 4, 45, 16, 90);
    const frame = new VideoFrame(canvas, { timestamp: f * us });
    video.encode(frame, { keyFrame: f === 0 });
    frame.close();
  }
  await video.flush();
  const audio = new AudioEncoder({ output: keep("audio", 20_000), error: fail });
  audio.configure({ codec: "opus", sampleRate: 48_000, numberOfChannels: 1, bitrate: 32_000 });
  const samples = new Float32Array(960);
  for (let p = 0; p < 100; p++) {
    for (let i = 0; i < 960; i++) samples[i] = 0.4 * Math.sin((2 * Math.PI * 440 * (p * 960 + i)) / 48_000);
    const data = new AudioData({ format: "f32-planar", sampleRate: 48_000, numberOfFrames: 960, numberOfChannels: 1, timestamp: p * 20_000, data: samples });
    audio.encode(data);
    data.close();
  }
  await audio.flush();
  return lines;
}
