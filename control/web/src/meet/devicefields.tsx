import type { Choice } from "../call/media";
import type { Device } from "../call/devices";
import { Icon, type IconName } from "../ui/icons";
import { useMeet } from "./context";

/** Native selects: they work everywhere, also on a phone and with a screen reader. */
export function DeviceFields() {
  const { devices } = useMeet().media;
  const { mics, cameras, speakers } = devices.value;
  const canRoute = "setSinkId" in HTMLMediaElement.prototype;
  return (
    <div class="devicefields">
      <Field what="mic" label="Microphone" icon="mic" list={mics} />
      <Field what="camera" label="Camera" icon="camera" list={cameras} />
      {canRoute && speakers.length > 0 && <Field what="speaker" label="Speaker" icon="speaker" list={speakers} />}
    </div>
  );
}

function Field({ what, label, icon, list }: { what: Choice; label: string; icon: IconName; list: Device[] }) {
  const { media } = useMeet();
  const used = current(media, what, list);
  return (
    <label class="devicefield">
      <span class="offscreen">{label}</span>
      <Icon name={icon} size={19} />
      <select
        value={used} disabled={list.length === 0} data-testid={`select-${what}`}
        onChange={(e) => void media.choose(what, e.currentTarget.value)}
      >
        {list.length === 0 && <option value="">No {label.toLowerCase()}</option>}
        {list.map((d) => <option key={d.id} value={d.id}>{d.label}</option>)}
      </select>
      <Icon name="down" size={17} />
    </label>
  );
}

/** The device in use: what the track says, else what was chosen, else the first. */
export function current(media: ReturnType<typeof useMeet>["media"], what: Choice, list: Device[]): string {
  const track = what === "mic" ? media.mic.value : what === "camera" ? media.camera.value : null;
  const ids = [track?.getSettings().deviceId, media.chosen.value[what]];
  return ids.find((id) => id && list.some((d) => d.id === id)) ?? list[0]?.id ?? "";
}
