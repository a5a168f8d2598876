import { describe, expect, it } from "vitest";
import { type FromRouter, type Participant, parse } from "../src/call/control";
import { apply, news, nobody, sends, sentence, slotOf } from "../src/call/roster";

const person = (id: string, joined_ms: number, more: Partial<Participant> = {}): Participant => ({
  id, name: id.toUpperCase(), role: "participant", kind: "web", joined_ms,
  sources: [{ id: joined_ms + 1, kind: "camera", muted: false }, { id: joined_ms + 2, kind: "mic", muted: true }], ...more,
});

const welcome: FromRouter = {
  type: "welcome", participant: "me", session: "s", role: "host", meeting: "m",
  participants: [person("me", 300), person("a", 100)], slots: [{ mid: "7", kind: "video", source: 101, participant: "a" }],
};

describe("the roster", () => {
  it("starts with the welcome, in the order of joining", () => {
    const r = apply(nobody, welcome);
    expect(r.people.map((p) => p.id)).toEqual(["a", "me"]);
    expect(r).toMatchObject({ me: "me", host: true });
    expect(slotOf(r, 101)).toBe("7");
  });

  it("takes joins, changes and leaves in one message", () => {
    let r = apply(nobody, welcome);
    r = apply(r, { type: "roster", joined: [person("b", 400)], changed: [person("a", 100, { sources: [] })], left: ["me"] });
    expect(r.people.map((p) => p.id)).toEqual(["a", "b"]);
    expect(sends(r.people[0]!, "camera")).toBe(false);
  });

  it("takes null where Go has an empty slice", () => {
    const r = apply(apply(nobody, welcome), { type: "roster", joined: null, changed: [{ ...person("a", 100), sources: null as never }], left: null });
    expect(r.people[0]!.sources).toEqual([]);
  });

  it("empties a slot whose source is 0 or absent", () => {
    const r = apply(nobody, welcome);
    expect(slotOf(apply(r, { type: "slots", slots: [{ mid: "7", kind: "video", source: 0 }] }), 101)).toBeUndefined();
    expect(apply(r, { type: "slots", slots: [{ mid: "7", kind: "video" }] }).slots.size).toBe(0);
  });

  it("forgets a speaker who left", () => {
    let r = apply(apply(nobody, welcome), { type: "speakers", participants: ["a", "me"], dominant: "a" });
    r = apply(r, { type: "roster", left: ["a"] });
    expect([...r.speakers]).toEqual(["me"]);
    expect(r.dominant).toBe("");
  });

  it("returns the same object for what does not concern it", () => {
    const r = apply(nobody, welcome);
    expect(apply(r, { type: "ok", id: 1 })).toBe(r);
  });
});

describe("the news", () => {
  const before = apply(nobody, welcome);
  it("says who came, went and shares, and never me", () => {
    const sharing = person("a", 100, { sources: [{ id: 9, kind: "screen", muted: false }] });
    const after = apply(before, { type: "roster", joined: [person("b", 400)], changed: [sharing, person("me", 300, { sources: [] })] });
    expect(news(before, after)).toEqual([{ what: "joined", names: ["B"] }, { what: "sharing", names: ["A"] }]);
  });
  it("leaves out who was there before me", () => {
    const after = apply(before, { type: "roster", joined: [person("early", 200), person("late", 400)] });
    expect(news(before, after)).toEqual([{ what: "joined", names: ["LATE"] }]);
  });
  it("is silent at the welcome, so that a re-join is no crowd of joins", () => {
    expect(news(nobody, before)).toEqual([]);
  });
  it("reads as a sentence for one, two and many", () => {
    expect(sentence({ what: "joined", names: ["Ada"] })).toBe("Ada joined.");
    expect(sentence({ what: "left", names: ["Ada", "Ben"] })).toBe("Ada and Ben left.");
    expect(sentence({ what: "joined", names: ["Ada", "Ben", "Cy"] })).toBe("Ada, Ben and 1 other joined.");
    expect(sentence({ what: "sharing", names: ["A", "B", "C", "D"] })).toBe("A, B and 2 others are sharing their screens.");
  });
});

describe("parse", () => {
  it("keeps out what is no message of the protocol", () => {
    for (const bad of ["", "nonsense", "null", "7", "[]", "{}", '{"type":"new-in-2030"}', '{"type":"welcome"}', '{"type":"slots","slots":null}']) {
      expect(parse(bad), bad).toBeUndefined();
    }
    expect(parse('{"type":"ok","id":3}')).toEqual({ type: "ok", id: 3 });
  });
});
