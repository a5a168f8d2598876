// People meet: what each of them sees and hears of the others.
import assert from "node:assert/strict";
import { Person, eventually, screenWidth } from "./lib/person.mjs";
import { scratch } from "./lib/process.mjs";
import { scenario } from "./lib/scenario.mjs";
import { newMeeting, up } from "./lib/system.mjs";

scenario("two people meet: sign in, start a meeting, share the link", async (t) => {
  const system = await up(t);
  const dir = scratch(t);
  const ann = await Person.arrive(t, dir, "Ann", "red");
  const bob = await Person.arrive(t, dir, "Bob", "blue");

  await ann.signIn(system.base, system.email, system.password);
  await ann.page.getByTestId("start-now").click();
  await ann.page.getByTestId("join").waitFor();
  const link = ann.page.url();
  assert.match(link, /\/m\/[a-z0-9-]+$/);
  await ann.join(link);
  await bob.join(link);

  await Promise.all([ann.sees(bob), bob.sees(ann)]);
  await Promise.all([ann, bob].map((p) => p.grows({ framesDecoded: 30, audioEnergy: 1e-4, audioPackets: 50 })));
  assert.deepEqual(await names(ann), ["Ann", "Bob"]);
  assert.deepEqual(await names(bob), ["Ann", "Bob"]);
});

scenario("a shared screen is seen by the others until it is stopped", async (t) => {
  const system = await up(t);
  const dir = scratch(t);
  const ann = await Person.arrive(t, dir, "Ann", "red");
  const bob = await Person.arrive(t, dir, "Bob", "blue");
  await Promise.all([ann.join(system.join), bob.join(system.join)]);
  await bob.sees(ann);

  await ann.page.getByTestId("btn-share").click();
  const screen = await bob.see("Ann", { kind: "screen" });
  assert.ok(screen.width >= screenWidth / 2, `the screen arrives ${screen.width} wide`);
  assert.equal(screen.colour, "green", "the test screen of the browser is green");
  assert.ok(screen.changed > 0, "the screen stands still");
  await bob.sees(ann); // her camera beside it

  await ann.page.getByTestId("btn-share").click();
  await bob.tile("Ann", "screen").waitFor({ state: "detached" });
});

scenario("four people meet and each sees the other three", async (t) => {
  const system = await up(t);
  const { link } = await newMeeting(system);
  const dir = scratch(t);
  const people = await Promise.all(
    [["Ann", "red"], ["Bob", "blue"], ["Cem", "green"], ["Dee", "yellow"]].map(([name, colour]) => Person.arrive(t, dir, name, colour)),
  );
  for (const p of people) await p.join(link);
  for (const p of people) {
    assert.deepEqual(await names(p), ["Ann", "Bob", "Cem", "Dee"]);
    for (const other of people) if (other !== p) await p.sees(other);
  }
  await Promise.all(people.map((p) => p.grows({ framesDecoded: 45, audioEnergy: 1e-4 })));
});

// Who is on the people panel, sorted, once it says the same as the tiles.
async function names(person) {
  if (!(await person.page.getByTestId("people-panel").isVisible())) await person.page.getByTestId("btn-people").click();
  const of = (id) => person.page.getByTestId(id).evaluateAll((all) => all.map((e) => e.dataset.name).sort());
  return await eventually(async () => {
    const [tiles, panel] = [await of("tile"), await of("person")];
    assert.deepEqual(tiles, panel);
    return panel;
  });
}
