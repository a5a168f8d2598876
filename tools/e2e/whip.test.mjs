// The doors for other programs: WHIP (RFC 9725) and WHEP, with a client that is
// neither a browser nor ours.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before } from "node:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { colourOf } from "./lib/camera.mjs";
import { Peer, buildPeer, encodeFilm } from "./lib/peer.mjs";
import { Person } from "./lib/person.mjs";
import { scratch } from "./lib/process.mjs";
import { scenario } from "./lib/scenario.mjs";
import { ticket, up } from "./lib/system.mjs";

let dir, peer;
before(() => {
  dir = mkdtempSync(join(tmpdir(), "causeway-peer-"));
  peer = buildPeer(dir);
});
after(() => rmSync(dir, { recursive: true, force: true }));

scenario("what a WHIP publisher sends is seen and heard in a browser", async (t) => {
  const system = await up(t);
  const here = scratch(t);
  const ann = await Person.arrive(t, here, "Ann", "red");
  await ann.join(system.join);
  const film = join(here, "film.jsonl");
  await encodeFilm(ann.page, film, "yellow");

  const url = `${system.base}/whip/${system.meeting}`;
  const whip = new Peer(t, peer, "-film", film, "whip", url, await ticket(system, system.meeting, "Encoder"));
  await whip.says((l) => l.state === "connected");
  const seen = await ann.see("Encoder");
  assert.equal(colourOf(seen.ground), "yellow");
  assert.ok(seen.changed >= 6, `the film stands still: ${seen.changed} of 11 frames changed`);
  await ann.grows({ framesDecoded: 30, audioEnergy: 1e-3 });

  // Somebody who comes later needs a key frame, which the publisher is asked for.
  const bob = await Person.arrive(t, here, "Bob", "blue");
  await bob.join(system.join);
  assert.equal((await bob.see("Encoder")).colour, "yellow");

  assert.ok([200, 204].includes(await whip.stop()));
  await ann.misses("Encoder");
});

scenario("what a browser sends arrives at a WHEP viewer, who is seen in the meeting", async (t) => {
  const system = await up(t);
  const ann = await Person.arrive(t, scratch(t), "Ann", "red");
  await ann.join(system.join);

  const url = `${system.base}/whep/${system.meeting}`;
  const whep = new Peer(t, peer, "whep", url, await ticket(system, system.meeting, "Recorder"));
  const got = await whep.says((l) => l.video_frames >= 30 && l.audio_packets >= 100);
  assert.ok(got.key_frames >= 1);
  assert.ok(got.width > 0 && Math.abs(got.width / got.height - 16 / 9) < 0.1, `${got.width}×${got.height}`);

  await ann.page.getByTestId("btn-people").click();
  await ann.page.locator('[data-testid="person"][data-name="Recorder"]').waitFor();
  assert.ok([200, 204].includes(await whep.stop()));
  await ann.page.locator('[data-testid="person"][data-name="Recorder"]').waitFor({ state: "detached" });
});

scenario("OPTIONS, wrong methods and a foreign session are answered as specified", async (t) => {
  const system = await up(t);
  for (const door of ["whip", "whep"]) {
    const url = `${system.base}/${door}/${system.meeting}`;
    const options = await fetch(url, { method: "OPTIONS", headers: { Origin: "https://elsewhere.example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type" } });
    assert.ok([200, 204].includes(options.status), `${options.status}`);
    assert.equal(options.headers.get("Access-Control-Allow-Origin"), "*");
    const get = await fetch(url);
    assert.ok([405, 204, 404].includes(get.status), `GET ${get.status}`); // RFC 9725 section 4.2 reserves GET
    const bearer = { Authorization: `Bearer ${await ticket(system, system.meeting, "Script")}` };
    const foreign = await fetch(`${url}/0123456789abcdef`, { method: "DELETE", headers: bearer });
    assert.equal(foreign.status, 404);
  }
});
