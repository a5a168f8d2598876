import { useEffect, useState } from "preact/hooks";
import { useMeet } from "./context";

/** "0:07", "12:34", "1:02:33". */
export function elapsed(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  const h = Math.floor(s / 3600);
  const m = Math.floor(s / 60) % 60;
  return h > 0 ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
}

/** How long the meeting has lasted. */
export function Clock() {
  const { store } = useMeet();
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return <time class="clock" role="timer" aria-label="Meeting time" data-testid="clock">{elapsed(now - store.startedAt.value)}</time>;
}
