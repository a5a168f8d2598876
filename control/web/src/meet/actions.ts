// What the buttons and the keyboard both do.
import { deviceSentence } from "../sentences";
import type { Meet } from "./context";

export async function toggleMic({ store, media }: Meet): Promise<void> {
  const wanted = !media.micOn.value;
  await media.setMic(wanted);
  if (wanted && media.micTrouble.value) store.toast(deviceSentence("microphone", media.micTrouble.value), "bad");
  else store.spoken.value = media.micOn.value ? "Your microphone is on." : "Your microphone is off.";
}

export async function toggleCamera({ store, media }: Meet): Promise<void> {
  const wanted = !media.cameraOn.value;
  await media.setCamera(wanted);
  if (wanted && media.cameraTrouble.value) store.toast(deviceSentence("camera", media.cameraTrouble.value), "bad");
  else store.spoken.value = media.cameraOn.value ? "Your camera is on." : "Your camera is off.";
}

export async function toggleShare({ store, media }: Meet): Promise<void> {
  if (media.screen.value) {
    media.unshare();
    store.toast("You stopped sharing.");
    return;
  }
  if (!media.canShare) {
    store.toast("This browser can’t share a screen.", "bad");
    return;
  }
  const trouble = await media.share();
  if (trouble) store.toast("Your screen couldn’t be shared. Try again, or choose a single window.", "bad");
  else if (media.screen.value) store.spoken.value = "You are sharing your screen.";
}

export function togglePeople({ store }: Meet): void {
  store.panel.value = store.panel.value === "people" ? null : "people";
}
