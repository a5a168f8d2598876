// Inside the meeting: the picture, the bar, and what lies over them.
import { useEffect } from "preact/hooks";
import { Bar } from "./bar";
import { Clock } from "./clock";
import { useMeet } from "./context";
import { keepAwake } from "./awake";
import { Notices } from "./notices";
import { People } from "./people";
import { useShortcuts } from "./shortcuts";
import { Sound } from "./sound";
import { View } from "./view";

export function Room() {
  const meet = useMeet();
  const { store } = meet;
  useShortcuts(meet);
  useEffect(keepAwake, []);
  return (
    <div class="room night" data-panel={store.panel.value ?? undefined} data-staged={store.stage.value !== undefined}>
      <header class="room-head">
        <h1>{store.card.value?.title || "Meeting"}</h1>
        <Clock />
      </header>
      <main class="room-main"><View /></main>
      {store.panel.value === "people" && <People />}
      <Notices />
      <Bar />
      <Sound />
    </div>
  );
}
