// What people do in a meeting, and what the others notice of it.
import assert from "node:assert/strict";
import { Person, eventually } from "./lib/person.mjs";
import { scratch } from "./lib/process.mjs";
import { scenario } from "./lib/scenario.mjs";
import { newMeeting, up } from "./lib/system.mjs";

scenario("mute and camera off are seen by the others, and undone", async (t) => {
  const { ann, bob } = await two(t);

  await bob.page.getByTestId("btn-mic").click();
  await muted(ann, "Bob", true);
  await silent(ann);
  await bob.page.getByTestId("btn-mic").click();
  await muted(ann, "Bob", false);
  await ann.grows({ audioEnergy: 1e-4 });

  await bob.page.getByTestId("btn-camera").click();
  await ann.tile("Bob").locator("video").waitFor({ state: "detached" });
  await bob.page.getByTestId("btn-camera").click();
  await ann.sees(bob);
});

scenario("a host mutes somebody", async (t) => {
  const { ann, bob } = await two(t);
  await ann.page.getByTestId("btn-people").click();
  const row = ann.page.locator('[data-testid="person"][data-name="Bob"]');
  await row.getByTestId("person-menu").click();
  await row.getByTestId("mute-person").click();

  await bob.page.locator('[data-testid="btn-mic"][data-on="false"]').waitFor();
  await muted(ann, "Bob", true);
  await silent(ann);
});

scenario("a guest has no host's controls", async (t) => {
  const { bob } = await two(t);
  await bob.page.getByTestId("btn-people").click();
  await bob.page.locator('[data-testid="person"][data-name="Ann"]').waitFor();
  assert.equal(await bob.page.getByTestId("person-menu").count(), 0);
});

scenario("a host removes somebody, who is told so", async (t) => {
  const { ann, bob } = await two(t);
  await ann.page.getByTestId("btn-people").click();
  const row = ann.page.locator('[data-testid="person"][data-name="Bob"]');
  await row.getByTestId("person-menu").click();
  await row.getByTestId("remove-person").click();
  await ann.page.getByTestId("remove-confirm").click();

  await bob.until("ended");
  assert.equal(await bob.outcome(), "removed");
  await ann.misses("Bob");
});

scenario("leaving is seen by the others at once", async (t) => {
  const { ann, bob } = await two(t);
  await bob.page.getByTestId("btn-leave").click();
  const left = Date.now();
  await bob.until("ended");
  assert.equal(await bob.outcome(), "left");
  await ann.misses("Bob");
  assert.ok(Date.now() - left < 5_000, `seen after ${Date.now() - left} ms`);
});

scenario("a closed tab is seen by the others", async (t) => {
  const { ann, bob } = await two(t);
  await bob.page.close({ runBeforeUnload: true });
  await ann.misses("Bob");
});

scenario("a reload comes back as the same participant", async (t) => {
  const { ann, bob } = await two(t);
  const id = await ann.tile("Bob").getAttribute("data-participant");

  await bob.page.reload();
  await bob.until("in");
  await Promise.all([bob.sees(ann), ann.sees(bob)]);
  assert.equal(await ann.tile("Bob").count(), 1, "one Bob");
  assert.equal(await ann.tile("Bob").getAttribute("data-participant"), id);
  await ann.grows({ audioEnergy: 1e-4 });
});

scenario("the host ends the meeting for all, and its link says so", async (t) => {
  const { ann, bob, link } = await two(t);
  await ann.page.getByTestId("btn-leave").click();
  await ann.page.getByTestId("end-for-all").click();
  await ann.page.getByTestId("end-confirm").click();
  await ann.until("ended");
  await bob.until("ended");
  assert.equal(await bob.outcome(), "ended-by-host");

  await eventually(async () => {
    await bob.page.goto(link);
    await bob.until("error", 2_000);
  });
  assert.equal(await bob.outcome(), "meeting-ended");
});

// Ann, the host, and Bob, a guest, in a new meeting, seeing each other.
async function two(t) {
  const system = await up(t);
  const { link } = await newMeeting(system);
  const dir = scratch(t);
  const [ann, bob] = await Promise.all([Person.arrive(t, dir, "Ann", "red"), Person.arrive(t, dir, "Bob", "blue")]);
  await ann.hasSignedIn(system.base, system.email, system.password);
  await Promise.all([ann.join(link), bob.join(link)]);
  await Promise.all([ann.sees(bob), bob.sees(ann)]);
  return { system, ann, bob, link };
}

async function muted(who, name, yes) {
  await who.page.locator(`[data-testid="tile"][data-name="${name}"][data-kind="camera"][data-muted="${yes}"]`).waitFor();
}

// Waits until a second passes in which nothing is heard.
async function silent(person) {
  await eventually(async () => {
    const before = (await person.stats()).audioEnergy;
    await person.page.waitForTimeout(1_200); // longer than the beep's period
    const heard = (await person.stats()).audioEnergy - before;
    assert.ok(heard < 1e-6, `${person.name} still hears ${heard}`);
  });
}
