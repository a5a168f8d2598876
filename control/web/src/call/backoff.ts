// When to try again: quickly at first, because a router that died is replaced
// within two seconds, then slower, so that a zone that is away is not flooded
// by everybody whom it lost at the same moment.

const first = 300;
const most = 8_000;

/**
 * Milliseconds to wait before attempt n (the first retry is n = 0).
 * @param random in [0, 1), spreads clients that lost the same router
 * @param asked what the server asked for in Retry-After, never undercut
 */
export function backoff(n: number, random: number, asked = 0): number {
  const step = Math.min(most, first * 2 ** Math.min(n, 16));
  return Math.max(asked, Math.round(step * (0.5 + random / 2)));
}

/** Waits ms, or until the signal aborts (then it throws the signal's reason). */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });
}
