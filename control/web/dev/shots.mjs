// Screenshots of every state, at a desk and on a phone, by day and by night.
//
//   npm run build && npm run shots -- [--out DIR] [part of a name …]
//
// Pictures land in DIR (default: dev/shots, not committed) as
// name.size.scheme.png. Whatever the page logs as an error is printed.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { serve } from "./serve.mjs";
import { scenes } from "./scenes.mjs";

const args = process.argv.slice(2);
const at = args.indexOf("--out");
const out = at >= 0 ? args.splice(at, 2)[1] : join(import.meta.dirname, "shots");
mkdirSync(out, { recursive: true });
const script = ["drawn.js", "mock.js"].map((f) => readFileSync(join(import.meta.dirname, f), "utf8")).join("\n");
const sizes = { desk: { width: 1280, height: 800 }, phone: { width: 390, height: 844 }, small: { width: 360, height: 640 } };

const site = await serve();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-gpu", "--no-first-run", "--disable-features=WebRtcHideLocalIpsWithMdns",
  ],
});
let wrong = 0;
for (const scene of scenes) {
  if (args.length > 0 && !args.some((part) => scene.name.includes(part))) continue;
  for (const size of scene.sizes ?? ["desk", "phone"]) {
    for (const scheme of scene.schemes ?? ["light"]) await shoot(scene, size, scheme);
  }
}
await browser.close();
site.close();
process.exitCode = wrong > 0 ? 1 : 0;

async function shoot(scene, size, scheme) {
  const label = `${scene.name}.${size}.${scheme}`;
  const context = await browser.newContext({
    viewport: sizes[size], colorScheme: scheme, deviceScaleFactor: 1, hasTouch: size !== "desk", reducedMotion: "no-preference",
    permissions: ["camera", "microphone", "clipboard-read", "clipboard-write"],
  });
  const page = await context.newPage();
  page.setDefaultTimeout(8_000);
  const complain = (text) => {
    wrong++;
    console.log(`${label}: ${text}`);
  };
  page.on("pageerror", (e) => complain(e.stack ?? String(e)));
  page.on("console", (m) => m.type() === "error" && complain(m.text()));
  await page.addInitScript(`window.mock = ${JSON.stringify(scene.mock ?? {})};\n${script}`);
  try {
    await page.goto(site.origin + scene.path);
    await scene.act?.(page);
    await page.waitForTimeout(scene.settle ?? 350);
    await page.screenshot({ path: join(out, `${label}.png`) });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (overflow > 0) complain(`is ${overflow} px wider than the window`);
  } catch (error) {
    complain(String(error).split("\n")[0]);
    await page.screenshot({ path: join(out, `${label}.failed.png`) });
  }
  await context.close();
}
