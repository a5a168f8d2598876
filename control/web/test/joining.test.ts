import { afterEach, describe, expect, it, vi } from "vitest";
import { backoff } from "../src/call/backoff";
import { enter, sessionsURL } from "../src/call/zone";
import { Problem, passes, retryAfter } from "../src/problem";

const signal = new AbortController().signal;
const refusal = (status: number, code: string, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify({ code, detail: "d" }), { status, headers });
const accepted = () => new Response("v=0", { status: 201, headers: { Location: "/v1/meetings/m/sessions/s" } });

function zone(...answers: (Response | Error)[]) {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (url: string) => {
    asked.push(url);
    const next = answers.shift()!;
    if (next instanceof Error) throw next;
    return Object.defineProperty(next, "url", { value: url });
  });
  return asked;
}
afterEach(() => vi.unstubAllGlobals());

describe("entering", () => {
  it("asks the next controller when one is down or does not lead", async () => {
    const asked = zone(new TypeError("network"), refusal(503, "not-leader", { "Retry-After": "1" }), accepted());
    const got = await enter(["https://a", "https://b/", "https://c"], "m", "t", "offer", signal);
    expect(asked).toEqual(["https://a/v1/meetings/m/sessions", "https://b/v1/meetings/m/sessions", "https://c/v1/meetings/m/sessions"]);
    expect(got).toEqual({ answer: "v=0", location: "https://c/v1/meetings/m/sessions/s" });
  });

  it("takes a leader's refusal as final", async () => {
    const asked = zone(refusal(503, "meeting-full"), accepted());
    await expect(enter(["https://a", "https://b"], "m", "t", "o", signal)).rejects.toMatchObject({ code: "meeting-full" });
    expect(asked).toHaveLength(1);
  });

  it("reports what a controller said rather than another's silence", async () => {
    zone(refusal(503, "not-leader", { "Retry-After": "2" }), new TypeError("network"));
    await expect(enter(["https://a", "https://b"], "m", "t", "o", signal)).rejects.toMatchObject({ code: "not-leader", retryAfterMs: 2000 });
  });

  it("asks the leader itself when a redirect lost the ticket", async () => {
    const lost = Object.defineProperty(refusal(401, "ticket-missing"), "redirected", { value: true });
    const asked = zone(lost, accepted());
    await enter(["https://a"], "m", "t", "o", signal);
    expect(asked).toHaveLength(2);
  });

  it("means this origin by an empty address", () => expect(sessionsURL("", "a b")).toBe("/v1/meetings/a%20b/sessions"));
});

describe("trying again", () => {
  it("starts at once, slows down, and never undercuts the server", () => {
    expect(backoff(0, 0)).toBe(150);
    expect(backoff(0, 0.999)).toBeLessThanOrEqual(300);
    expect(backoff(50, 0.999)).toBeLessThanOrEqual(8000);
    expect(backoff(0, 0, 3000)).toBe(3000);
  });

  it("is for what passes", () => {
    for (const code of ["no-router", "zone-away", "offline", "ticket-used"]) expect(passes(new Problem(code, 503)), code).toBe(true);
    for (const code of ["meeting-full", "zone-full", "meeting-ended", "forbidden"]) expect(passes(new Problem(code, 503)), code).toBe(false);
    expect(passes(new TypeError("bug"))).toBe(false);
  });

  it("reads Retry-After as seconds or a date, within reason", () => {
    expect(retryAfter("2", 0)).toBe(2000);
    expect(retryAfter("999999", 0)).toBe(120_000);
    expect(retryAfter("Thu, 01 Jan 1970 00:00:05 GMT", 1000)).toBe(4000);
    expect(retryAfter("soon", 0)).toBeUndefined();
    expect(retryAfter(null, 0)).toBeUndefined();
  });
});
