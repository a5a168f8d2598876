// Cameras, microphones, speakers: what there is, and why one cannot be had.

export type Trouble =
  | "refused" // the person or a policy said no to this page
  | "refused-system" // the operating system said no to the browser
  | "none" // nothing is plugged in
  | "busy" // another program has it
  | "gone" // it was unplugged
  | "insecure" // not https: browsers offer no devices
  | "unknown";

export interface Device {
  id: string;
  label: string;
}

export interface Devices {
  mics: Device[];
  cameras: Device[];
  speakers: Device[];
}

export const noDevices: Devices = { mics: [], cameras: [], speakers: [] };

/** Classifies what getUserMedia or getDisplayMedia rejected with. */
export function troubleOf(error: unknown): Trouble {
  const { name = "", message = "" } = (error ?? {}) as { name?: string; message?: string };
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return /system/i.test(message) ? "refused-system" : "refused";
    case "NotFoundError":
    case "OverconstrainedError":
      return "none";
    case "NotReadableError":
    case "AbortError":
      return "busy";
    case "TypeError":
      return "insecure";
    default:
      return "unknown";
  }
}

/** Sorts a device list by kind, with a name for devices that have no label yet. */
export function sortDevices(all: readonly Pick<MediaDeviceInfo, "kind" | "deviceId" | "label">[]): Devices {
  const of = (kind: MediaDeviceKind, word: string): Device[] =>
    all
      .filter((d) => d.kind === kind && d.deviceId !== "")
      .map((d, i) => ({ id: d.deviceId, label: tidy(d.label) || `${word} ${i + 1}` }));
  return { mics: of("audioinput", "Microphone"), cameras: of("videoinput", "Camera"), speakers: of("audiooutput", "Speaker") };
}

// "HD Webcam (046d:0825)" → "HD Webcam"
function tidy(label: string): string {
  return label.replace(/\s*\([0-9a-f]{4}:[0-9a-f]{4}\)$/i, "").trim();
}

export function cameraConstraints(id: string): MediaTrackConstraints {
  const ideal: MediaTrackConstraints = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
  return id ? { ...ideal, deviceId: { ideal: id } } : { ...ideal, facingMode: { ideal: "user" } };
}

export function micConstraints(id: string): MediaTrackConstraints {
  const clean: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  return id ? { ...clean, deviceId: { ideal: id } } : clean;
}
