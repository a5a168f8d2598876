// The control protocol: one JSON object per message on the data channel
// "control". Types only, and the checks that keep a malformed message out.

export type Kind = "mic" | "camera" | "screen" | "screen-audio";

export interface Source {
  id: number;
  kind: Kind;
  muted: boolean;
}

export interface Participant {
  id: string;
  name: string;
  role: "host" | "participant";
  kind: "web" | "whip" | "whep";
  sources: Source[];
  /** Milliseconds between the meeting's start and this participant's joining. */
  joined_ms: number;
}

/** What a receiving section shows now; source 0 or absent: nothing. */
export interface Slot {
  mid: string;
  kind: "audio" | "video";
  source?: number;
  participant?: string;
}

export type EndReason = "ended-by-host" | "removed" | "replaced" | "shutdown";

export type FromRouter =
  | { type: "welcome"; participant: string; session: string; role: string; meeting: string; participants: Participant[]; slots: Slot[] }
  | { type: "roster"; joined?: Participant[] | null; changed?: Participant[] | null; left?: string[] | null }
  | { type: "slots"; slots: Slot[] }
  | { type: "speakers"; participants?: string[] | null; dominant?: string }
  | { type: "muted"; kind: Kind; by?: string }
  | { type: "ended"; reason: EndReason }
  | { type: "ok"; id: number }
  | { type: "error"; id?: number; code: string; detail?: string };

export type ToRouter =
  | { type: "source"; mid: string; kind: Kind; muted: boolean }
  | { type: "view"; sources: number[] }
  | { type: "view"; auto: true }
  | { type: "end" }
  | { type: "mute"; participant: string; kind: Kind }
  | { type: "remove"; participant: string }
  | { type: "leave" };

const known = new Set(["welcome", "roster", "slots", "speakers", "muted", "ended", "ok", "error"]);

/**
 * Reads one message. Anything that is no object of a known type gives
 * undefined: a newer router may say what this page does not know.
 */
export function parse(text: string): FromRouter | undefined {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof message !== "object" || message === null) return undefined;
  const { type } = message as { type?: unknown };
  if (typeof type !== "string" || !known.has(type)) return undefined;
  if (type === "welcome" && !Array.isArray((message as { participants?: unknown }).participants)) return undefined;
  if (type === "slots" && !Array.isArray((message as { slots?: unknown }).slots)) return undefined;
  return message as FromRouter;
}
