// A muted <video> for one stream. Sound comes from the audio slots.
import { useEffect, useRef, useState } from "preact/hooks";

// One "first remote frame" for each click on "Join".
function markFirst(): void {
  const count = (name: string) => performance.getEntriesByName(name).length;
  if (count("causeway:first-remote-frame") < count("causeway:join-click")) performance.mark("causeway:first-remote-frame");
}

interface Props {
  stream: MediaStream;
  label: string;
  mirrored?: boolean;
  /** From somebody else: counts as the first remote frame. */
  remote?: boolean;
  /** What the stream shows now. A change hides the picture until the next frame. */
  source?: number | undefined;
}

export function Video({ stream, label, mirrored = false, remote = false, source }: Props) {
  const ref = useRef<HTMLVideoElement>(null);
  const [live, setLive] = useState(false);

  useEffect(() => {
    const video = ref.current!;
    if (video.srcObject !== stream) video.srcObject = stream;
    void video.play().catch(() => {}); // muted: refused only while the tab is going away
    setLive(false);
    if (!("requestVideoFrameCallback" in video)) return setLive(true);
    const handle = video.requestVideoFrameCallback(() => {
      setLive(true);
      if (remote) markFirst();
    });
    return () => video.cancelVideoFrameCallback(handle);
  }, [stream, source]);

  return <video ref={ref} autoplay playsInline muted aria-label={label} data-live={live} data-mirrored={mirrored || undefined} />;
}
