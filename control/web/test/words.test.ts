import { describe, expect, it } from "vitest";
import { sortDevices, troubleOf } from "../src/call/devices";
import { forget, recall, remember } from "../src/call/seat";
import { greeting } from "../src/home/desk";
import { meetingIn } from "../src/home/joinlink";
import { until } from "../src/home/row";
import { elapsed } from "../src/meet/clock";
import { deviceSentence, messageFor, signInSentence } from "../src/sentences";
import { initials, tint, tints } from "../src/ui/initials";
import { loudness } from "../src/ui/level";

// Every code of control/wire/problem.go and every reason of an end.
const codes = [
  "bad-request", "offer-invalid", "offer-too-large", "offer-unacceptable", "media-type", "method-not-allowed", "ticket-missing",
  "ticket-invalid", "ticket-expired", "ticket-used", "ticket-wrong-zone", "ticket-wrong-meeting", "forbidden", "not-found",
  "meeting-not-found", "session-not-found", "meeting-ended", "meeting-expired", "meeting-full", "zone-full", "no-router",
  "not-leader", "zone-away", "too-many-requests", "signed-out", "login-failed", "internal",
  "left", "you-ended", "ended-by-host", "removed", "replaced", "shutdown", "offline", "no-media-path", "no-webrtc", "insecure",
];

describe("messages", () => {
  it("exist for every code, end in a way on, and speak no jargon", () => {
    for (const code of codes) {
      const m = messageFor(code);
      expect(m.ways.length, code).toBeGreaterThan(0);
      expect(`${m.title} ${m.text}`, code).not.toMatch(/\b(zone|router|MMR|ZC|ICE|SDP|ticket|session|WebRTC|JSON)\b/i);
    }
  });
  it("name the device and a way out of each trouble", () => {
    for (const trouble of ["refused", "refused-system", "none", "busy", "gone", "insecure", "unknown"] as const) {
      for (const what of ["microphone", "camera", "camera and microphone"] as const) expect(deviceSentence(what, trouble)).toMatch(/\w.*\./);
    }
    expect(signInSentence("login-failed")).toContain("password");
  });
});

describe("names", () => {
  it("become initials in any script", () => {
    expect(["Ada Lovelace", "ada", "Jean-Luc van Damme", "李 小龙", "Émile", "  ", "🙂", "a.b@c"].map(initials))
      .toEqual(["AL", "A", "JD", "李小", "É", "?", "?", "AB"]);
  });
  it("keep their tint", () => {
    expect(tint("p1")).toBe(tint("p1"));
    expect(new Set(Array.from({ length: 60 }, (_, i) => tint(`p${i}`))).size).toBe(tints);
  });
});

describe("a link or code", () => {
  it("is found in what people paste", () => {
    for (const text of ["abcd-efgh-jkmn", " ABCD EFGH JKMN ", "https://x.example/m/abcd-efgh-jkmn?a=1", "x.example/m/abcd-efgh-jkmn/"]) {
      expect(meetingIn(text), text).toBe("abcd-efgh-jkmn");
    }
    for (const text of ["", "ab", "https://x.example/", "-abc", "a".repeat(65), "über-uns"]) expect(meetingIn(text), text).toBeUndefined();
  });
});

it("time reads as people say it", () => {
  expect([0, 7_000, 754_000, 3_753_000, -5].map(elapsed)).toEqual(["0:00", "0:07", "12:34", "1:02:33", "0:00"]);
  expect([4, 9, 15, 21].map(greeting)).toEqual(["Good evening", "Good morning", "Good afternoon", "Good evening"]);
  const now = new Date("2025-11-22T10:00:00Z");
  expect(until("2025-11-25T10:00:00Z", now)).toBe("Link works until Tuesday");
  expect(until("2026-02-03T10:00:00Z", now)).toBe("Link works until 3 February");
  expect(until("nonsense", now)).toBe("Ready");
});

it("a tab remembers its place, and nonsense is no place", () => {
  const shelf = new Map<string, string>();
  const storage = { getItem: (k: string) => shelf.get(k) ?? null, setItem: (k: string, v: string) => void shelf.set(k, v), removeItem: (k: string) => void shelf.delete(k) };
  const place = { name: "Ada", seat: "s", inside: true, micOn: false, cameraOn: true, startedAt: 5 };
  remember(storage, "m", place);
  expect(recall(storage, "m")).toEqual(place);
  expect(recall(storage, "other")).toBeUndefined();
  for (const bad of ["{", "null", "7", '{"name":1,"seat":"s"}']) {
    shelf.set("causeway:place:m", bad);
    expect(recall(storage, "m"), bad).toBeUndefined();
  }
  forget(storage, "m");
  expect(shelf.size).toBe(0);
});

describe("devices", () => {
  it("are told apart by why they cannot be had", () => {
    const of = (name: string, message = "") => troubleOf({ name, message });
    expect([of("NotAllowedError"), of("NotAllowedError", "Permission denied by system"), of("NotFoundError"), of("NotReadableError"), of("TypeError"), of("Odd")])
      .toEqual(["refused", "refused-system", "none", "busy", "insecure", "unknown"]);
    expect(troubleOf(undefined)).toBe("unknown");
  });
  it("have a name even before permission", () => {
    const d = sortDevices([
      { kind: "audioinput", deviceId: "1", label: "" }, { kind: "videoinput", deviceId: "2", label: "HD Cam (046d:0825)" },
      { kind: "audiooutput", deviceId: "", label: "" },
    ]);
    expect(d).toEqual({ mics: [{ id: "1", label: "Microphone 1" }], cameras: [{ id: "2", label: "HD Cam" }], speakers: [] });
  });
  it("are as loud as they sound", () => {
    expect(loudness(new Float32Array(512))).toBe(0);
    expect(loudness(new Float32Array(512).fill(0.5))).toBe(1);
    expect(loudness(new Float32Array(512).fill(0.02))).toBeGreaterThan(0.3);
  });
});
