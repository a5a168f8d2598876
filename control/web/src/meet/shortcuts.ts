import { useEffect } from "preact/hooks";
import { toggleCamera, toggleMic, togglePeople, toggleShare } from "./actions";
import type { Meet } from "./context";

/** Key and what it does, as the help lists it. */
export const shortcuts = [
  ["M", "Mute or unmute"],
  ["V", "Camera on or off"],
  ["S", "Share your screen, or stop"],
  ["P", "Who is here"],
  ["Esc", "Close what is open"],
] as const;

/** Single keys work anywhere but where somebody types or a dialog is open. */
export function useShortcuts(meet: Meet): void {
  useEffect(() => {
    const { store } = meet;
    const acts: Record<string, () => unknown> = {
      m: () => toggleMic(meet),
      v: () => toggleCamera(meet),
      s: () => toggleShare(meet),
      p: () => togglePeople(meet),
      Escape: () => {
        if (store.panel.value) store.panel.value = null;
        else store.pinned.value = "";
      },
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if ((event.target as Element).closest?.("input, select, textarea, dialog")) return;
      const act = acts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
      if (!act) return;
      event.preventDefault();
      act();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}
