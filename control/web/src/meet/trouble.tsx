import { type Trouble as Kind } from "../call/devices";
import { deviceSentence } from "../sentences";
import { Icon } from "../ui/icons";
import { useMeet } from "./context";

/** Why a device is missing, and how to get it. Said once when both have the same cause. */
export function Trouble() {
  const { media } = useMeet();
  const mic = media.micTrouble.value;
  const camera = media.cameraTrouble.value;
  if (!mic && !camera) return null;
  const again = () => void media.open({ mic: mic !== null || media.micOn.value, camera: camera !== null || media.cameraOn.value });
  if (mic === camera && mic) return <Note what="camera and microphone" trouble={mic} onAgain={again} />;
  return (
    <>
      {camera && <Note what="camera" trouble={camera} onAgain={again} />}
      {mic && <Note what="microphone" trouble={mic} onAgain={again} />}
    </>
  );
}

function Note({ what, trouble, onAgain }: { what: Parameters<typeof deviceSentence>[0]; trouble: Kind; onAgain: () => void }) {
  return (
    <div class="note" role="alert" data-testid="device-trouble" data-trouble={trouble} data-what={what}>
      <Icon name="warn" />
      <span>{deviceSentence(what, trouble)}</span>
      <button type="button" class="button quiet small" onClick={onAgain} data-testid="device-again">Try again</button>
    </div>
  );
}
