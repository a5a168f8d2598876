// Who cannot come in gets a sentence, and nobody inside notices.
import assert from "node:assert/strict";
import { Person } from "./lib/person.mjs";
import { scratch } from "./lib/process.mjs";
import { scenario } from "./lib/scenario.mjs";
import { newMeeting, ticket, up } from "./lib/system.mjs";

scenario("one more than the router takes is refused, and nobody inside is touched", async (t) => {
  const system = await up(t, { flags: ["--participants", "2"] });
  const dir = scratch(t);
  const [ann, bob, cem] = await Promise.all(
    [["Ann", "red"], ["Bob", "blue"], ["Cem", "green"]].map(([name, colour]) => Person.arrive(t, dir, name, colour)),
  );
  await ann.join(system.join);
  await bob.join(system.join);
  await Promise.all([ann.sees(bob), bob.sees(ann)]);

  await cem.knock(system.join);
  await cem.until("error");
  assert.equal(await cem.outcome(), "meeting-full");
  assert.equal(await ann.tile("Cem").count(), 0);
  await Promise.all([ann.sees(bob), bob.sees(ann)]);

  // Someone leaves: there is room, and trying again is one click.
  await bob.page.getByTestId("btn-leave").click();
  await ann.misses("Bob");
  await cem.page.getByTestId("way-again").click();
  await cem.until("in");
  await ann.sees(cem);
});

scenario("one meeting more than the controller takes is refused", async (t) => {
  const system = await up(t, { flags: ["--meetings", "1"] });
  const dir = scratch(t);
  const ann = await Person.arrive(t, dir, "Ann", "red");
  await ann.join(system.join);

  const other = await newMeeting(system);
  const bob = await Person.arrive(t, dir, "Bob", "blue");
  await bob.knock(other.link);
  await bob.until("error");
  assert.equal(await bob.outcome(), "zone-full");
  assert.equal(await ann.state(), "in");
});

scenario("a link to no meeting says so", async (t) => {
  const system = await up(t);
  const ann = await Person.arrive(t, scratch(t), "Ann", "red");
  await ann.page.goto(`${system.base}/m/abcd-efgh-jkmn`);
  await ann.until("error");
  assert.equal(await ann.outcome(), "meeting-not-found");
});

scenario("no camera and no microphone: in all the same, with a sentence", async (t) => {
  const system = await up(t);
  const ann = await Person.arrive(t, scratch(t), "Ann", "red");
  await ann.page.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", "NotAllowedError"));
  });
  await ann.open(system.join);
  await ann.page.getByTestId("device-trouble").first().waitFor();
  await ann.join(system.join);
});

scenario("scripts get problem details for what is wrong with a ticket or an offer", async (t) => {
  const system = await up(t);
  const url = `${system.base}/v1/meetings/${system.meeting}/sessions`;
  const post = async (bearer, body, type = "application/sdp") => {
    const headers = { "Content-Type": type, ...(bearer && { Authorization: `Bearer ${bearer}` }) };
    const response = await fetch(url, { method: "POST", headers, body });
    assert.match(response.headers.get("Content-Type") ?? "", /application\/problem\+json/, `${response.status}`);
    const problem = await response.json();
    assert.equal(problem.status, response.status);
    return `${response.status} ${problem.code}`;
  };
  const fresh = () => ticket(system, system.meeting, "Script");
  assert.equal(await post("", "v=0\r\n"), "401 ticket-missing");
  assert.equal(await post("nonsense", "v=0\r\n"), "401 ticket-invalid");
  assert.equal(await post(await fresh(), "v=0\r\n", "text/plain"), "415 media-type");
  assert.equal(await post(await fresh(), "this is no SDP"), "400 offer-invalid");
  assert.equal(await post(await fresh(), "v=0\r\n" + "a=x\r\n".repeat(200_000)), "413 offer-too-large");
});
