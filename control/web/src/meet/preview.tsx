import { useMemo } from "preact/hooks";
import { Avatar } from "../ui/avatar";
import { Level } from "../ui/level";
import { useMeet } from "./context";
import { Toggle } from "./toggle";
import { Video } from "./video";

/** How the others will see me. */
export function Preview() {
  const { id, store, media } = useMeet();
  const camera = media.camera.value;
  const stream = useMemo(() => (camera ? new MediaStream([camera]) : null), [camera]);
  return (
    <div class="preview night" data-testid="preview" data-camera={camera !== null}>
      {stream ? <Video stream={stream} mirrored label="Your camera" /> : (
        <div class="preview-off">
          <Avatar id={id} name={store.name.value} />
          <p>{media.asking.value ? "Your browser is asking whether this page may use your camera and microphone. Choose “Allow”." : "Your camera is off"}</p>
        </div>
      )}
      <div class="preview-foot">
        <div class="preview-level">{media.micOn.value ? <Level track={media.mic.value} /> : <span>Microphone is off</span>}</div>
        <div class="preview-ways">
          <Toggle what="mic" />
          <Toggle what="camera" />
        </div>
      </div>
    </div>
  );
}
