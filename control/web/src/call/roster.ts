// Who is in the meeting, what they publish and which slot shows it. A pure
// reducer over control messages: nothing here touches the browser.
import type { FromRouter, Kind, Participant, Slot, Source } from "./control";

export interface Roster {
  /** My participant id; "" before the welcome. */
  me: string;
  host: boolean;
  /** Everybody, me included, in the order of joining. */
  people: readonly Participant[];
  /** By the mid of the receiving section. */
  slots: ReadonlyMap<string, Slot>;
  speakers: ReadonlySet<string>;
  dominant: string;
}

export const nobody: Roster = {
  me: "", host: false, people: [], slots: new Map(), speakers: new Set(), dominant: "",
};

/** What a person should hear about a change. */
export type News =
  | { what: "joined" | "left"; names: string[] }
  | { what: "sharing" | "stopped-sharing"; names: string[] };

/** Applies one message. Returns the same object when it changes nothing. */
export function apply(roster: Roster, message: FromRouter): Roster {
  switch (message.type) {
    case "welcome":
      return {
        ...nobody,
        me: message.participant,
        host: message.role === "host",
        people: sorted(message.participants.map(whole)),
        slots: withSlots(new Map(), message.slots ?? []),
      };
    case "roster":
      return withRoster(roster, message.joined ?? [], message.changed ?? [], message.left ?? []);
    case "slots":
      return { ...roster, slots: withSlots(roster.slots, message.slots) };
    case "speakers":
      return { ...roster, speakers: new Set(message.participants ?? []), dominant: message.dominant ?? "" };
    default:
      return roster;
  }
}

function withRoster(roster: Roster, joined: Participant[], changed: Participant[], left: string[]): Roster {
  const people = new Map(roster.people.map((p) => [p.id, p]));
  for (const p of [...joined, ...changed]) people.set(p.id, whole(p));
  for (const id of left) people.delete(id);
  return {
    ...roster,
    people: sorted([...people.values()]),
    speakers: new Set([...roster.speakers].filter((id) => people.has(id))),
    dominant: people.has(roster.dominant) ? roster.dominant : "",
  };
}

function withSlots(slots: ReadonlyMap<string, Slot>, deltas: Slot[]): ReadonlyMap<string, Slot> {
  const next = new Map(slots);
  for (const slot of deltas) {
    if (slot.source) next.set(slot.mid, slot);
    else next.delete(slot.mid);
  }
  return next;
}

// Go encodes an empty slice as null.
function whole(p: Participant): Participant {
  return p.sources ? p : { ...p, sources: [] };
}

function sorted(people: Participant[]): Participant[] {
  return people.sort((a, b) => a.joined_ms - b.joined_ms || (a.id < b.id ? -1 : 1));
}

/** A participant's source of a kind, muted or not. */
export function sourceOf(p: Participant, kind: Kind): Source | undefined {
  return p.sources.find((s) => s.kind === kind);
}

/** Whether a participant sends this kind now. */
export function sends(p: Participant, kind: Kind): boolean {
  return p.sources.some((s) => s.kind === kind && !s.muted);
}

/** The mid of the video slot that shows a source, if one does. */
export function slotOf(roster: Roster, source: number): string | undefined {
  for (const [mid, slot] of roster.slots) if (slot.source === source && slot.kind === "video") return mid;
  return undefined;
}

/**
 * What others did between two states, leaving me out. Whoever was there before
 * me is no news: the router sends the rest of a long welcome as "joined".
 */
export function news(before: Roster, after: Roster): News[] {
  if (!before.me || before.me !== after.me) return [];
  const was = new Map(before.people.map((p) => [p.id, p]));
  const is = new Map(after.people.map((p) => [p.id, p]));
  const others = after.people.filter((p) => p.id !== after.me);
  const since = is.get(after.me)?.joined_ms ?? 0;
  const joined = others.filter((p) => !was.has(p.id) && p.joined_ms >= since);
  const left = before.people.filter((p) => p.id !== before.me && !is.has(p.id));
  const shared = (p: Participant | undefined) => p !== undefined && sends(p, "screen");
  const sharing = others.filter((p) => shared(p) && !shared(was.get(p.id)));
  const stopped = others.filter((p) => !shared(p) && shared(was.get(p.id)));
  const all: News[] = [
    { what: "joined", names: names(joined) },
    { what: "left", names: names(left) },
    { what: "sharing", names: names(sharing) },
    { what: "stopped-sharing", names: names(stopped) },
  ];
  return all.filter((n) => n.names.length > 0);
}

function names(people: Participant[]): string[] {
  return people.map((p) => p.name);
}

/** "Ada joined.", "Ada and Ben left.", "Ada, Ben and 3 others joined." */
export function sentence(n: News): string {
  const verb = {
    joined: "joined",
    left: "left",
    sharing: n.names.length > 1 ? "are sharing their screens" : "is sharing their screen",
    "stopped-sharing": "stopped sharing",
  }[n.what];
  return `${list(n.names)} ${verb}.`;
}

function list(all: string[]): string {
  const [a = "", b = ""] = all;
  if (all.length === 1) return a;
  if (all.length === 2) return `${a} and ${b}`;
  const rest = all.length - 2;
  return `${a}, ${b} and ${rest} ${rest === 1 ? "other" : "others"}`;
}
