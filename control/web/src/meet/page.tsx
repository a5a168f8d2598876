// The meeting page: which of its faces is shown, and what happens on arrival.
import { useEffect } from "preact/hooks";
import { api } from "../api";
import { lastName } from "../call/seat";
import type { Phase } from "../call/state";
import { Problem } from "../problem";
import { useMeet } from "./context";
import { Lobby } from "./lobby";
import { Outcome } from "./outcome";
import { Returning } from "./returning";
import { Room } from "./room";

const dark: readonly Phase[] = ["in", "reconnecting"];

export function Page() {
  const meet = useMeet();
  const { store, place } = meet;
  useEffect(() => void arrive(meet), []);

  const phase = store.phase.value;
  const returning = phase === "joining" && place?.inside === true && store.card.value === null;
  const night = dark.includes(phase) || returning;
  useEffect(() => {
    document.documentElement.classList.toggle("night", night);
  }, [night]);
  const title = store.card.value?.title;
  useEffect(() => {
    document.title = `${title || "Meeting"} · Causeway`;
  }, [title]);

  return (
    <div class="meet" data-testid="meeting" data-state={phase}>
      <p class="offscreen" aria-live="polite" data-testid="live">{store.spoken}</p>
      {dark.includes(phase) && <Room />}
      {returning && <Returning />}
      {(phase === "lobby" || (phase === "joining" && !returning)) && <Lobby />}
      {(phase === "ended" || phase === "error") && <Outcome />}
    </div>
  );
}

async function arrive({ id, store, media, call, place }: ReturnType<typeof useMeet>): Promise<void> {
  const refuse = (code: string) => {
    store.outcome.value = { code };
    store.phase.value = "error";
  };
  if (!id) return refuse("meeting-not-found");
  if (!("RTCPeerConnection" in window)) return refuse("no-webrtc");
  if (place?.inside) {
    store.name.value = place.name;
    store.phase.value = "joining";
    await media.open({ mic: place.micOn, camera: place.cameraOn });
    await call.join(place.name);
    store.card.value = await api.card(id).catch(() => null);
    return;
  }
  store.name.value = place?.name || lastName(localStorage);
  try {
    const card = await api.card(id);
    if (card.state !== "open") return refuse(card.state === "ended" ? "meeting-ended" : "meeting-expired");
    if (card.you_host && !store.name.value) store.name.value = (await api.me().catch(() => null))?.name ?? "";
    store.card.value = card;
  } catch (error) {
    // Only what is certain ends here; joining says the rest, and tries again.
    if (error instanceof Problem && error.status >= 400 && error.status < 500) return refuse(error.code);
  }
}
