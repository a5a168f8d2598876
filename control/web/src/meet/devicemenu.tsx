import type { Device } from "../call/devices";
import type { Choice } from "../call/media";
import { deviceSentence } from "../sentences";
import { Icon } from "../ui/icons";
import { Popover } from "../ui/popover";
import { useMeet } from "./context";
import { current } from "./devicefields";

/** The arrow beside the microphone or camera: which device. */
export function DeviceMenu({ what }: { what: "mic" | "camera" }) {
  const { media } = useMeet();
  const { mics, cameras, speakers } = media.devices.value;
  const word = what === "mic" ? "microphone" : "camera";
  const trouble = (what === "mic" ? media.micTrouble : media.cameraTrouble).value;
  const canRoute = "setSinkId" in HTMLMediaElement.prototype;
  return (
    <Popover
      label={what === "mic" ? "Choose microphone and speaker" : "Choose camera"} button={<Icon name="up" size={16} />}
      class="stone-more wide-only" testid={`menu-${what}`}
    >
      {(close) => (
        <>
          {trouble && <p class="menu-note">{deviceSentence(word, trouble)}</p>}
          <Section title={what === "mic" ? "Microphone" : "Camera"} what={what} list={what === "mic" ? mics : cameras} close={close} />
          {what === "mic" && canRoute && <Section title="Speaker" what="speaker" list={speakers} close={close} />}
        </>
      )}
    </Popover>
  );
}

function Section({ title, what, list, close }: { title: string; what: Choice; list: Device[]; close: () => void }) {
  const { media } = useMeet();
  const used = current(media, what, list);
  return (
    <div role="group" aria-label={title} class="menu-section">
      <h3>{title}</h3>
      {list.length === 0 && <p class="menu-none">None found</p>}
      {list.map((d) => (
        <button
          key={d.id} type="button" role="menuitemradio" aria-checked={d.id === used} class="menu-item"
          onClick={() => { void media.choose(what, d.id); close(); }}
        >
          <Icon name="check" size={18} /><span>{d.label}</span>
        </button>
      ))}
    </div>
  );
}
