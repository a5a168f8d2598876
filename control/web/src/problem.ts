// Why a request was refused, as the cloud and the zone say it: problem details
// (RFC 9457) with a stable code. A request that got no answer at all becomes
// the code "offline", so that callers handle one kind of error.

/** A refused or unanswered request. */
export class Problem extends Error {
  /**
   * @param code stable, for programs: "meeting-full", "offline", …
   * @param status the HTTP status, 0 when there was no answer
   * @param detail one sentence for people, may be empty
   * @param retryAfterMs after how long the server asks to try again, if it said
   */
  constructor(
    readonly code: string,
    readonly status: number,
    readonly detail = "",
    readonly retryAfterMs?: number,
  ) {
    super(detail || code);
    this.name = "Problem";
  }
}

/** Reads the Retry-After header: whole seconds or an HTTP date (RFC 9110, 10.2.3). */
export function retryAfter(header: string | null, nowMs: number): number | undefined {
  if (!header) return undefined;
  if (/^\d+$/.test(header.trim())) return Math.min(Number(header) * 1000, 120_000);
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, Math.min(at - nowMs, 120_000));
}

/** Turns a response that is not ok into the Problem that its body describes. */
export async function problemOf(response: Response): Promise<Problem> {
  const wait = retryAfter(response.headers.get("Retry-After"), Date.now());
  try {
    const body = (await response.json()) as { code?: unknown; detail?: unknown };
    if (typeof body.code === "string") {
      return new Problem(body.code, response.status, typeof body.detail === "string" ? body.detail : "", wait);
    }
  } catch {
    // no JSON: a proxy or the network's own page answered
  }
  return new Problem(response.status >= 500 ? "internal" : "bad-request", response.status, "", wait);
}

const answerMs = 10_000;

/**
 * fetch that throws Problem: "offline" without an answer within ten seconds,
 * the server's own problem for a refusal. An abort by signal throws its reason.
 */
export async function request(url: string, init: RequestInit, signal?: AbortSignal): Promise<Response> {
  const response = await answer(url, init, signal);
  if (!response.ok) throw await problemOf(response);
  return response;
}

/** Like request, but a refusal is returned, not thrown. */
export async function answer(url: string, init: RequestInit, signal?: AbortSignal): Promise<Response> {
  const limit = AbortSignal.timeout(answerMs);
  try {
    return await fetch(url, { ...init, signal: signal ? AbortSignal.any([signal, limit]) : limit });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new Problem("offline", 0);
  }
}

const passing = new Set([
  "offline", "no-router", "zone-away", "not-leader", "too-many-requests", "internal",
  // The ticket is one-use and short-lived: an answer that was lost on the way
  // leaves a used one behind, and the next attempt brings a new one.
  "ticket-used", "ticket-expired",
]);

/** Whether the same request may succeed later without anybody doing anything. */
export function passes(error: unknown): boolean {
  return error instanceof Problem && passing.has(error.code);
}
