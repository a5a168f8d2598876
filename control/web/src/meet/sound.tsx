// Everybody's voices: one <audio> per audio slot, always playing.
import { useEffect, useRef } from "preact/hooks";
import { useMeet } from "./context";

export function Sound() {
  const { store } = useMeet();
  const voices = [...store.streams.value].filter(([, stream]) => stream.getAudioTracks().length > 0);
  return (
    <div hidden data-testid="sound">
      {voices.map(([mid, stream]) => <Voice key={stream.id} mid={mid} stream={stream} />)}
    </div>
  );
}

type Routable = HTMLAudioElement & { setSinkId?: (id: string) => Promise<void> };

function Voice({ mid, stream }: { mid: string; stream: MediaStream }) {
  const { store, media } = useMeet();
  const ref = useRef<HTMLAudioElement>(null);
  const speaker = media.chosen.value.speaker;

  useEffect(() => {
    const audio = ref.current!;
    audio.srcObject = stream;
    // After a reload there was no click yet, and the browser may want one first.
    audio.play().catch((error: DOMException) => {
      if (error.name === "NotAllowedError") store.soundBlocked.value = true;
    });
  }, [stream]);
  useEffect(() => {
    const audio = ref.current as Routable;
    audio.setSinkId?.(speaker).catch(() => {}); // unplugged: the default stays
  }, [speaker]);

  return <audio ref={ref} autoplay data-testid="slot-audio" data-mid={mid} />;
}

/** From a click: plays whatever the browser held back. */
export async function unlockSound(): Promise<boolean> {
  const all = [...document.querySelectorAll<HTMLAudioElement>('[data-testid="slot-audio"]')];
  const played = await Promise.allSettled(all.map((audio) => audio.play()));
  return played.every((p) => p.status === "fulfilled");
}
