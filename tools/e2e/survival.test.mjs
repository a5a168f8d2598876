// Processes die in mid-meeting: who notices, and for how long.
import assert from "node:assert/strict";
import { Person, eventually } from "./lib/person.mjs";
import { scratch } from "./lib/process.mjs";
import { scenario } from "./lib/scenario.mjs";
import { Roles, newMeeting, up } from "./lib/system.mjs";

scenario("the controller's process killed and started again is not noticed in the meeting", async (t) => {
  const system = await Roles.start(t);
  const { link } = await newMeeting(system);
  const dir = scratch(t);
  const [ann, bob] = await Promise.all([Person.arrive(t, dir, "Ann", "red"), Person.arrive(t, dir, "Bob", "blue")]);
  await Promise.all([ann.join(link), bob.join(link)]);
  await Promise.all([ann.sees(bob), bob.sees(ann)]);

  await system.zc.kill();
  await Promise.all([ann, bob].map((p) => p.grows({ framesDecoded: 45, audioEnergy: 1e-4 })));
  assert.deepEqual([await ann.state(), await bob.state()], ["in", "in"]);
  // What needs no controller still works: everything in the meeting.
  await bob.page.getByTestId("btn-mic").click();
  await ann.page.locator('[data-testid="tile"][data-name="Bob"][data-muted="true"]').waitFor();

  await system.startZC();
  const cem = await Person.arrive(t, dir, "Cem", "green");
  await cem.join(link);
  await Promise.all([cem.sees(ann), cem.sees(bob), ann.sees(cem), bob.sees(cem), ann.sees(bob), bob.sees(ann)]);
  for (const p of [ann, bob, cem]) assert.equal(await p.state(), "in");
  for (const p of [ann, bob]) assert.deepEqual(p.said.filter((s) => s.includes("session lost")), [], `${p.name} re-joined`);
});

scenario("somebody who joins while the controller is away comes in when it is back", async (t) => {
  const system = await Roles.start(t);
  const { link } = await newMeeting(system);
  const dir = scratch(t);
  const [ann, bob] = await Promise.all([Person.arrive(t, dir, "Ann", "red"), Person.arrive(t, dir, "Bob", "blue")]);
  await ann.join(link);

  await system.zc.kill();
  await bob.knock(link);
  await bob.page.locator('[data-testid="waiting"][data-code]').waitFor();
  await system.startZC();
  await bob.until("in");
  await Promise.all([ann.sees(bob), bob.sees(ann)]);
});

scenario("when the router dies, everybody is back by themselves once there is one", async (t) => {
  const system = await Roles.start(t);
  const { link } = await newMeeting(system);
  const dir = scratch(t);
  const [ann, bob] = await Promise.all([Person.arrive(t, dir, "Ann", "red"), Person.arrive(t, dir, "Bob", "blue")]);
  await Promise.all([ann.join(link), bob.join(link)]);
  await ann.sees(bob);

  await system.mmr.kill();
  await Promise.all([ann.until("reconnecting"), bob.until("reconnecting")]);
  await system.startMMR();
  await Promise.all([ann.until("in"), bob.until("in")]);
  await Promise.all([ann.sees(bob), bob.sees(ann)]);
});

scenario("the whole system killed and started again from its state: everybody is back", async (t) => {
  const first = await up(t);
  const dir = scratch(t);
  const [ann, bob] = await Promise.all([Person.arrive(t, dir, "Ann", "red"), Person.arrive(t, dir, "Bob", "blue")]);
  await Promise.all([ann.join(first.join), bob.join(first.join)]);
  await ann.sees(bob);

  await first.process.kill();
  await Promise.all([ann.until("reconnecting"), bob.until("reconnecting")]);
  const { public: publicly, http, media } = first.info;
  const again = await up(t, { state: first.state, flags: ["--public", publicly, "--http", http, "--media", media] });
  assert.equal(again.email, first.email);
  assert.equal(again.join, first.join);
  await Promise.all([ann.until("in"), bob.until("in")]);
  await eventually(() => Promise.all([ann.sees(bob), bob.sees(ann)]));
});
