// A level meter of stepping stones: they light up as far as the voice carries.
import { useEffect, useRef } from "preact/hooks";

const stones = 14;

/** Loudness of one analyser frame in [0, 1]: RMS on a scale of -60 to -8 dBFS. */
export function loudness(samples: Float32Array): number {
  let sum = 0;
  for (const s of samples) sum += s * s;
  const db = 10 * Math.log10(sum / Math.max(1, samples.length) + 1e-12);
  return Math.min(1, Math.max(0, (db + 60) / 52));
}

export function Level({ track }: { track: MediaStreamTrack | null }) {
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => (track ? follow(track, (level) => light(root.current, level)) : light(root.current, 0)), [track]);
  return (
    <div class="level" ref={root} data-testid="level" role="img" aria-label="Microphone level">
      {Array.from({ length: stones }, (_, i) => <i key={i} />)}
    </div>
  );
}

function light(root: HTMLElement | null, level: number): undefined {
  const lit = Math.round(level * stones);
  root?.setAttribute("data-level", String(lit));
  root?.querySelectorAll("i").forEach((stone, i) => stone.toggleAttribute("data-lit", i < lit));
}

function follow(track: MediaStreamTrack, show: (level: number) => void): () => void {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let held = 0;
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    held = Math.max(loudness(samples), held * 0.82);
    show(held);
  }, 60);
  // Without a gesture so far the context waits for the first one.
  const wake = () => void context.resume();
  addEventListener("pointerdown", wake);
  addEventListener("keydown", wake);
  return () => {
    clearInterval(timer);
    removeEventListener("pointerdown", wake);
    removeEventListener("keydown", wake);
    void context.close();
  };
}
