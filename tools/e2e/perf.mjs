// From the click on "Join" to the first remote frame shown: Ann is in the
// meeting with her camera on, Bob joins, sees her, leaves, and again. Both
// browsers and the system run on this machine. Prints the median of ten as one
// JSON line; figures are milliseconds between two marks of Bob's page.
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, release, tmpdir } from "node:os";
import { join } from "node:path";
import { Person } from "./lib/person.mjs";
import { Scenario } from "./lib/scenario.mjs";
import { up } from "./lib/system.mjs";

const rounds = Number(process.env.ROUNDS ?? 10);
const t = new Scenario("perf", { diagnostic: console.error });
const dir = mkdtempSync(join(tmpdir(), "causeway-perf-"));

try {
  const system = await up(t);
  const ann = await Person.arrive(t, dir, "Ann", "red");
  const bob = await Person.arrive(t, dir, "Bob", "blue");
  await ann.join(system.join);
  const ms = [];
  for (let n = 0; n < rounds; n++) {
    await bob.join(system.join);
    ms.push(await bob.page.evaluate(firstFrame));
    await bob.page.getByTestId("btn-leave").click();
    await ann.misses("Bob");
  }
  const sorted = [...ms].sort((a, b) => a - b);
  const median = (sorted[(rounds - 1) >> 1] + sorted[rounds >> 1]) / 2;
  console.log(JSON.stringify({
    measure: "click_to_first_remote_frame", rounds, median_ms: round(median), min_ms: round(sorted[0]), max_ms: round(sorted.at(-1)),
    all_ms: ms.map(round), cpu: cpus()[0].model, cores: cpus().length, kernel: release(), browser: bob.browser.version(),
  }));
} catch (error) {
  await t.tell();
  throw error;
} finally {
  await t.clean();
  rmSync(dir, { recursive: true, force: true });
}

function round(ms) {
  return Math.round(ms);
}

// Runs in the page.
async function firstFrame() {
  const mark = (name) => performance.getEntriesByName(name).at(-1);
  while (!mark("causeway:first-remote-frame")) await new Promise(requestAnimationFrame);
  return mark("causeway:first-remote-frame").startTime - mark("causeway:join-click").startTime;
}
