// Joining at the zone: the one HTTPS exchange, an SDP offer for an answer.
// The page knows every controller's address and asks them in turn.
import { Problem, answer, problemOf } from "../problem";

/** What the zone answered. */
export interface Admitted {
  answer: string;
  /** Absolute URL of the session; DELETE leaves. */
  location: string;
}

/**
 * Posts the offer to the controllers in turn until one answers.
 *
 * A controller that does not lead redirects (307), which fetch follows with
 * method and body, or refuses with 503 not-leader, which moves on to the next.
 * Throws the Problem that says most: a refusal by a leader rather than the
 * silence of another address.
 */
export async function enter(
  zones: readonly string[], meeting: string, ticket: string, offer: string, signal: AbortSignal,
): Promise<Admitted> {
  let worst: unknown = new Problem("zone-away", 0);
  for (const zone of zones.length > 0 ? zones : [""]) {
    try {
      return await post(sessionsURL(zone, meeting), ticket, offer, signal);
    } catch (error) {
      if (!movesOn(error)) throw error;
      if (!(error instanceof Problem && error.code === "offline" && worst instanceof Problem && worst.status > 0)) {
        worst = error;
      }
    }
  }
  throw worst;
}

/** The URL that takes offers for a meeting; zone "" is this page's own origin. */
export function sessionsURL(zone: string, meeting: string): string {
  return `${zone.replace(/\/+$/, "")}/v1/meetings/${encodeURIComponent(meeting)}/sessions`;
}

/** Whether the next controller may answer differently. */
export function movesOn(error: unknown): boolean {
  return error instanceof Problem && ["offline", "not-leader", "internal", "zone-away"].includes(error.code);
}

async function post(url: string, ticket: string, offer: string, signal: AbortSignal): Promise<Admitted> {
  const init: RequestInit = {
    method: "POST",
    headers: { Authorization: `Bearer ${ticket}`, "Content-Type": "application/sdp" },
    body: offer,
    credentials: "omit",
  };
  let response = await answer(url, init, signal);
  // A redirect to another origin arrives without Authorization (Fetch, HTTP-
  // redirect fetch, step 13): ask the leader itself.
  if (response.status === 401 && response.redirected) response = await answer(response.url, init, signal);
  if (!response.ok) throw await problemOf(response);
  const location = response.headers.get("Location") ?? "";
  return { answer: await response.text(), location: location && new URL(location, response.url).href };
}

/** Gives the session back. Works while the page is being closed; failure is harmless. */
export function exit(location: string, ticket: string): void {
  if (!location) return;
  const init: RequestInit = {
    method: "DELETE", headers: { Authorization: `Bearer ${ticket}` }, keepalive: true, credentials: "omit",
  };
  answer(location, init).catch(() => {});
}
