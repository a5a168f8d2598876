// The microphone and camera buttons, the same in the lobby and the meeting.
import { useState } from "preact/hooks";
import { Icon } from "../ui/icons";
import { useMeet } from "./context";
import { toggleCamera, toggleMic } from "./actions";

export function Toggle({ what, shortcut }: { what: "mic" | "camera"; shortcut?: string }) {
  const meet = useMeet();
  const { media } = meet;
  const [busy, setBusy] = useState(false);
  const on = (what === "mic" ? media.micOn : media.cameraOn).value;
  const trouble = (what === "mic" ? media.micTrouble : media.cameraTrouble).value;
  const label = what === "mic" ? (on ? "Mute microphone" : "Unmute microphone") : on ? "Turn camera off" : "Turn camera on";
  const flip = async () => {
    if (busy) return;
    setBusy(true);
    await (what === "mic" ? toggleMic(meet) : toggleCamera(meet));
    setBusy(false);
  };
  return (
    <button
      type="button" class="stone" data-testid={`btn-${what}`} data-on={on} data-trouble={trouble ?? undefined}
      aria-label={label} title={shortcut ? `${label} (${shortcut})` : label} aria-keyshortcuts={shortcut} onClick={flip}
    >
      <Icon name={on ? what : `${what}-off`} />
      {trouble && !on && <i class="stone-mark" aria-hidden="true">!</i>}
    </button>
  );
}
