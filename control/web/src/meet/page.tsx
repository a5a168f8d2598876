// The meeting page: which of its faces is shown, and what happens on arrival.
import { batch } from "@preact/signals";
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
  const { store } = meet;
  useEffect(() => void arrive(meet), []);

  const phase = store.phase.value;
  const returning = phase === "joining" && store.returning.value;
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
    batch(() => {
      store.name.value = place.name;
      store.startedAt.value = place.startedAt;
      store.returning.value = true;
      store.phase.value = "joining";
    });
    void api.card(id).then((card) => (store.card.value = card), () => {}); // joining says what is wrong
    await media.open({ mic: place.micOn, camera: place.cameraOn });
    if (store.returning.value) await call.join(place.name);
    return;
  }
  store.name.value = place?.name || lastName(localStorage);
  try {
    const card = await api.card(id);
    if (card.state !== "open") return refuse(card.state === "ended" ? "meeting-ended" : "meeting-expired");
    if (card.you_host && !store.name.value) {
      const mine = (await api.me().catch(() => null))?.name ?? "";
      store.name.value ||= mine; // what was typed meanwhile stays
    }
    store.card.value = card;
  } catch (error) {
    // Only what is certain ends here; joining says the rest, and tries again.
    if (error instanceof Problem && error.status >= 400 && error.status < 500) return refuse(error.code);
  }
}
