import { describe, expect, it } from "vitest";
import type { Kind, Participant } from "../src/call/control";
import { type Roster, nobody } from "../src/call/roster";
import { pageOf, stageOf, tilesOf, viewOf } from "../src/call/tiles";

let id = 0;
const person = (name: string, kinds: Kind[], more: Partial<Participant> = {}): Participant => ({
  id: name, name, role: "participant", kind: "web", joined_ms: id, ...more,
  sources: kinds.map((kind) => ({ id: ++id, kind, muted: false })),
});
const roster = (...people: Participant[]): Roster => ({ ...nobody, me: "me", people });
const crowd = (n: number) => roster(person("me", ["camera"]), ...Array.from({ length: n }, (_, i) => person(`p${i}`, ["camera"])));
const names = (tiles: { participant: Participant }[]) => tiles.map((t) => t.participant.id);

describe("tiles", () => {
  it("show everybody who can be seen or heard, me last, and each screen", () => {
    const { cameras, screens } = tilesOf(roster(person("me", []), person("a", ["camera", "screen"]), person("viewer", [], { kind: "whep" })));
    expect(names(cameras)).toEqual(["a", "me"]);
    expect(cameras.map((t) => t.source !== undefined)).toEqual([true, false]);
    expect(names(screens)).toEqual(["a"]);
  });

  it("show no source for what is muted", () => {
    const a = person("a", ["camera"]);
    a.sources[0]!.muted = true;
    expect(tilesOf(roster(a)).cameras[0]!.source).toBeUndefined();
  });
});

describe("the stage", () => {
  const { cameras, screens } = tilesOf(roster(person("me", ["screen"]), person("a", ["camera", "screen"]), person("b", ["screen"])));
  it("is the latest screen of somebody else", () => expect(stageOf(cameras, screens, "")?.participant.id).toBe("b"));
  it("is what was pinned, if it is still there", () => {
    expect(stageOf(cameras, screens, "a/camera")?.key).toBe("a/camera");
    expect(stageOf(cameras, screens, "gone/camera")?.participant.id).toBe("b");
  });
  it("is never my own screen unless I pin it", () => {
    const mine = tilesOf(roster(person("me", ["screen"])));
    expect(stageOf(mine.cameras, mine.screens, "")).toBeUndefined();
    expect(stageOf(mine.cameras, mine.screens, "me/screen")?.mine).toBe(true);
  });
});

describe("pages", () => {
  const all = tilesOf(crowd(60)).cameras;
  it("cover everybody once, with me on the first", () => {
    const pages = [0, 1, 2].map((n) => pageOf(all, 25, n, ""));
    expect(pages.map((p) => p.tiles.length)).toEqual([25, 25, 11]);
    expect(new Set(pages.flatMap((p) => names(p.tiles))).size).toBe(61);
    expect(names(pages[0]!.tiles).at(-1)).toBe("me");
  });
  it("bring a distant speaker to the first", () => {
    expect(names(pageOf(all, 25, 0, "p40").tiles)).toContain("p40");
    expect(names(pageOf(all, 25, 1, "p40").tiles)).not.toContain("p40");
  });
  it("leave a speaker alone who is there already", () => {
    expect(names(pageOf(all, 25, 0, "p3").tiles)).toEqual(names(pageOf(all, 25, 0, "").tiles));
  });
  it("clamp a page that is gone", () => expect(pageOf(all.slice(0, 5), 25, 9, "").page).toBe(0));
});

describe("the view asked for", () => {
  it("is left to the router when everything fits", () => {
    const { cameras, screens } = tilesOf(crowd(10));
    expect(viewOf(undefined, cameras, cameras, screens, 25)).toBeUndefined();
  });
  it("is the page, stage and screens first, within the slots, never mine", () => {
    const { cameras, screens } = tilesOf(roster(...crowd(40).people, person("s", ["screen"])));
    const page = pageOf(cameras, 25, 1, "");
    const view = viewOf(screens[0], page.tiles, cameras, screens, 25)!;
    expect(view[0]).toBe(screens[0]!.source);
    expect(view.length).toBeLessThanOrEqual(25);
    expect(new Set(view).size).toBe(view.length);
    expect(view).not.toContain(cameras.at(-1)!.source);
  });
});
