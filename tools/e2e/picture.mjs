// The README's picture, docs/meeting.png: a real meeting of four on the real
// system, with drawn cameras instead of somebody's face, one of them sharing.
import { readFileSync, rmSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Person } from "./lib/person.mjs";
import { Scenario } from "./lib/scenario.mjs";
import { newMeeting, up } from "./lib/system.mjs";

const drawn = readFileSync(join(import.meta.dirname, "../../control/web/dev/drawn.js"), "utf8");
const t = new Scenario("picture", { diagnostic: console.error });
const dir = mkdtempSync(join(tmpdir(), "causeway-picture-"));

// Runs in the page: the camera and the screen are drawn, the microphone is the browser's fake one.
function devices(i) {
  const md = navigator.mediaDevices;
  const real = md.getUserMedia.bind(md);
  md.getUserMedia = async (want) => {
    const stream = want.audio ? await real({ audio: true }) : new MediaStream();
    if (want.video) stream.addTrack(window.drawn.film(`camera ${i}`, i, 640, 360));
    return stream;
  };
  md.getDisplayMedia = async () => new MediaStream([window.drawn.slides()]);
}

try {
  const system = await up(t);
  const { link } = await newMeeting(system, "Harbour works, weekly");
  const people = [];
  for (const [i, [name, colour]] of [["Amara Okafor", "red"], ["Ben Castellan", "blue"], ["Dmitri Volkov", "green"], ["Nora Lindqvist", "yellow"]].entries()) {
    const person = await Person.arrive(t, dir, name, colour);
    await person.context.addInitScript(`${drawn};(${devices})(${i})`);
    await person.join(link);
    people.push(person);
  }
  const [sharer, , , viewer] = people;
  await sharer.page.getByTestId("btn-share").click();
  await viewer.page.setViewportSize({ width: 1280, height: 800 });
  await viewer.page.locator('[data-testid="tile"][data-kind="screen"][data-video]').first().waitFor();
  await viewer.page.waitForFunction(() => [...document.querySelectorAll("video")].filter((v) => v.videoWidth > 0).length >= 5);
  await viewer.page.mouse.move(640, 300);
  await viewer.page.waitForTimeout(4000); // until full size is reached and the toasts are gone
  await viewer.page.screenshot({ path: join(import.meta.dirname, "../../docs/meeting.png") });
} catch (error) {
  await t.tell();
  throw error;
} finally {
  await t.clean();
  rmSync(dir, { recursive: true, force: true });
}
