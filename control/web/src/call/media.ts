// My own microphone, camera and screen: one owner of the tracks. The lobby and
// the meeting use the same object, so that nothing is asked for twice and the
// picture does not blink on joining.
import { signal } from "@preact/signals";
import { type Devices, type Trouble, cameraConstraints, micConstraints, noDevices, sortDevices, troubleOf } from "./devices";
import type { Tracks } from "./session";

export type Choice = "mic" | "camera" | "speaker";

export class Media {
  /** The browser is showing its permission question. */
  readonly asking = signal(false);
  readonly mic = signal<MediaStreamTrack | null>(null);
  readonly camera = signal<MediaStreamTrack | null>(null);
  readonly screen = signal<MediaStreamTrack | null>(null);
  readonly screenAudio = signal<MediaStreamTrack | null>(null);
  /** Wanted and possible: false means muted. */
  readonly micOn = signal(false);
  readonly cameraOn = signal(false);
  readonly micTrouble = signal<Trouble | null>(null);
  readonly cameraTrouble = signal<Trouble | null>(null);
  readonly devices = signal<Devices>(noDevices);
  readonly chosen = signal<Record<Choice, string>>({ mic: "", camera: "", speaker: "" });

  // What was asked for last: a device takes a moment, and people change their minds.
  private wantMic = false;
  private wantCamera = false;

  /** Told about every change of what is sent. Set by the call while it runs. */
  changed: () => void = () => {};

  constructor(private readonly source: MediaDevices | undefined = navigator.mediaDevices, private readonly shelf?: Storage) {
    this.chosen.value = { ...this.chosen.value, ...this.recall() };
    source?.addEventListener?.("devicechange", () => void this.list());
  }

  /** Phones offer no screen sharing. */
  get canShare(): boolean {
    return typeof this.source?.getDisplayMedia === "function";
  }

  /** Asks for what is wanted, both in one question if both are. */
  async open(want: { mic: boolean; camera: boolean }): Promise<void> {
    if (!this.source) {
      this.micTrouble.value = this.cameraTrouble.value = "insecure";
      return;
    }
    this.asking.value = true;
    try {
      if (want.mic && want.camera && (await this.both())) return;
      // One of the two may be missing or refused: the other is still worth having.
      if (want.camera) await this.setCamera(true);
      if (want.mic) await this.setMic(true);
    } finally {
      this.asking.value = false;
      await this.list();
    }
  }

  async setMic(on: boolean): Promise<void> {
    this.wantMic = on;
    if (on && !this.mic.value) await this.takeMic();
    if (this.mic.value) this.mic.value.enabled = this.wantMic;
    this.micOn.value = this.wantMic && this.mic.value !== null;
    this.changed();
  }

  /** Off stops the camera, so that its light goes out. */
  async setCamera(on: boolean): Promise<void> {
    this.wantCamera = on;
    if (on && !this.camera.value) await this.takeCamera();
    if (!this.wantCamera) this.drop(this.camera); // now, or meanwhile
    this.cameraOn.value = this.camera.value !== null;
    this.changed();
  }

  /** Switches to another device. An off microphone or camera stays off. */
  async choose(what: Choice, id: string): Promise<void> {
    this.chosen.value = { ...this.chosen.value, [what]: id };
    this.keep();
    if (what === "mic" && this.mic.value) {
      this.drop(this.mic);
      await this.setMic(this.micOn.value);
    }
    if (what === "camera" && this.camera.value) {
      this.drop(this.camera);
      await this.setCamera(true);
    }
  }

  /** Lets the person choose a screen. Cancelling the choice is no trouble. */
  async share(): Promise<Trouble | null> {
    if (!this.source?.getDisplayMedia) return "insecure";
    try {
      const options: DisplayMediaStreamOptions = { video: { frameRate: { ideal: 15, max: 30 } }, audio: true };
      const stream = await this.source.getDisplayMedia(options);
      const [video] = stream.getVideoTracks();
      if (!video) return "unknown";
      video.contentHint = "detail";
      video.addEventListener("ended", () => this.unshare());
      this.screen.value = video;
      this.screenAudio.value = stream.getAudioTracks()[0] ?? null;
      this.changed();
      return null;
    } catch (error) {
      const trouble = troubleOf(error);
      return trouble === "refused" ? null : trouble;
    }
  }

  unshare(): void {
    this.drop(this.screen);
    this.drop(this.screenAudio);
    this.changed();
  }

  /** The tracks as the lanes of a session want them. */
  tracks(): Tracks {
    return { mic: this.mic.value, camera: this.camera.value, screen: this.screen.value, "screen-audio": this.screenAudio.value };
  }

  /** Gives every device back. */
  close(): void {
    for (const track of [this.mic, this.camera, this.screen, this.screenAudio]) this.drop(track);
    this.micOn.value = this.cameraOn.value = false;
  }

  private async both(): Promise<boolean> {
    try {
      const { mic, camera } = this.chosen.value;
      const stream = await this.source!.getUserMedia({ audio: micConstraints(mic), video: cameraConstraints(camera) });
      this.adopt(this.mic, stream.getAudioTracks()[0]);
      this.adopt(this.camera, stream.getVideoTracks()[0]);
      this.micTrouble.value = this.cameraTrouble.value = null;
      this.micOn.value = this.mic.value !== null;
      this.cameraOn.value = this.camera.value !== null;
      this.changed();
      return true;
    } catch {
      return false;
    }
  }

  private async takeMic(): Promise<void> {
    try {
      const stream = await this.source!.getUserMedia({ audio: micConstraints(this.chosen.value.mic) });
      this.adopt(this.mic, stream.getAudioTracks()[0]);
      this.micTrouble.value = null;
    } catch (error) {
      this.micTrouble.value = troubleOf(error);
    }
  }

  private async takeCamera(): Promise<void> {
    try {
      const stream = await this.source!.getUserMedia({ video: cameraConstraints(this.chosen.value.camera) });
      this.adopt(this.camera, stream.getVideoTracks()[0]);
      this.cameraTrouble.value = null;
    } catch (error) {
      this.cameraTrouble.value = troubleOf(error);
    }
  }

  private adopt(place: typeof this.mic, track: MediaStreamTrack | undefined): void {
    place.value = track ?? null;
    // "ended" without our stop(): unplugged, or the permission was taken back.
    track?.addEventListener("ended", () => {
      if (place.value !== track) return;
      place.value = null;
      const mic = place === this.mic;
      (mic ? this.micOn : this.cameraOn).value = false;
      (mic ? this.micTrouble : this.cameraTrouble).value = "gone";
      this.changed();
    });
  }

  private drop(place: typeof this.mic): void {
    const track = place.value;
    place.value = null;
    track?.stop();
  }

  private async list(): Promise<void> {
    const all = (await this.source?.enumerateDevices?.().catch(() => [])) ?? [];
    this.devices.value = sortDevices(all);
  }

  private recall(): Partial<Record<Choice, string>> {
    try {
      return JSON.parse(this.shelf?.getItem("causeway:devices") ?? "{}") as Partial<Record<Choice, string>>;
    } catch {
      return {};
    }
  }

  private keep(): void {
    try {
      this.shelf?.setItem("causeway:devices", JSON.stringify(this.chosen.value));
    } catch {
      // no storage: chosen again next time
    }
  }
}
