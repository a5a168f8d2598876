// What the meeting page shows: one store of signals. The call writes the first
// half, the components write the second; both read all of it.
import { batch, computed, signal } from "@preact/signals";
import type { MeetingCard } from "../api";
import { type FromRouter } from "./control";
import { type Roster, apply, news, nobody, sentence } from "./roster";
import { type Tile, pageOf, stageOf, tilesOf } from "./tiles";

export type Phase = "lobby" | "joining" | "in" | "reconnecting" | "ended" | "error";

/** Why a phase is what it is: a problem's code or an end reason, with who did it. */
export interface Outcome {
  code: string;
  detail?: string;
  by?: string;
}

/** An attempt failed in a way that passes; the next one comes at this time (ms, Date.now). */
export interface Waiting {
  code: string;
  until: number;
  tries: number;
}

export interface Toast {
  id: number;
  text: string;
  tone: "plain" | "good" | "bad";
}

const toastMs = 4_500;

export function newStore() {
  const phase = signal<Phase>("lobby");
  const outcome = signal<Outcome | null>(null);
  const waiting = signal<Waiting | null>(null);
  const card = signal<MeetingCard | null>(null);
  const name = signal("");
  /** Going back in after a reload: no lobby, no question. */
  const returning = signal(false);
  const roster = signal<Roster>(nobody);
  /** Streams by the mid of the receiving section, each with one track. */
  const streams = signal<ReadonlyMap<string, MediaStream>>(new Map());
  /** Date.now() at the meeting's start, as the router counts it; 0 outside. */
  const startedAt = signal(0);
  const soundBlocked = signal(false);

  const panel = signal<"people" | null>(null);
  const pinned = signal("");
  const page = signal(0);
  const size = signal(25);
  const toasts = signal<readonly Toast[]>([]);
  /** What the polite live region says. */
  const spoken = signal("");

  const tiles = computed(() => tilesOf(roster.value));
  const stage = computed<Tile | undefined>(() => stageOf(tiles.value.cameras, tiles.value.screens, pinned.value));
  /** The tiles beside the stage, or all of them without one. */
  const rest = computed(() => {
    const { cameras, screens } = tiles.value;
    return [...screens, ...cameras].filter((t) => t.key !== stage.value?.key);
  });
  const shown = computed(() => pageOf(rest.value, size.value, page.value, roster.value.dominant));

  let toastId = 0;
  const toast = (text: string, tone: Toast["tone"] = "plain") => {
    const id = ++toastId;
    batch(() => {
      toasts.value = [...toasts.value.slice(-2), { id, text, tone }];
      spoken.value = text;
    });
    setTimeout(() => (toasts.value = toasts.value.filter((t) => t.id !== id)), toastMs);
  };

  /** Takes a control message into the roster and tells what others did. */
  const receive = (message: FromRouter) => {
    const before = roster.value;
    const after = apply(before, message);
    if (after === before) return;
    batch(() => {
      roster.value = after;
      if (message.type === "welcome") {
        const me = after.people.find((p) => p.id === after.me);
        // A re-join keeps the joined_ms of the first one: the earliest start is the right one.
        startedAt.value = Math.min(startedAt.value || Infinity, Date.now() - (me?.joined_ms ?? 0));
      }
      for (const n of news(before, after)) toast(sentence(n));
    });
  };

  return {
    phase, outcome, waiting, card, name, returning, roster, streams, startedAt, soundBlocked,
    panel, pinned, page, size, toasts, spoken, tiles, stage, rest, shown, toast, receive,
  };
}

export type Store = ReturnType<typeof newStore>;
