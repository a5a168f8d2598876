// Inside the meeting: the picture, the bar, and what lies over them.
import { useEffect, useRef } from "preact/hooks";
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
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(keepAwake, []);
  useEffect(() => heading.current?.focus(), []); // the lobby's button is gone
  return (
    <div class="room night" data-panel={store.panel.value ?? undefined} data-staged={store.stage.value !== undefined}>
      <header class="room-head">
        <h1 ref={heading} tabIndex={-1}>{store.card.value?.title || "Meeting"}</h1>
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
