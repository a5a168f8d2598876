// One transport to one router: an RTCPeerConnection with all its lanes fixed
// up front, and the data channel "control". A Session is never repaired: when
// it is lost, its owner opens another and closes this one.
import { Problem } from "../problem";
import { type FromRouter, type Kind, type ToRouter, parse } from "./control";

/** What I send: a track, or null for a lane that is silent now. */
export type Tracks = Record<Kind, MediaStreamTrack | null>;

/** Called by a Session; never after close(). */
export interface SessionEvents {
  message(message: FromRouter): void;
  /** The transport died. Called once. */
  lost(why: string): void;
}

export const audioSlots = 3;

/** How many videos this device receives at a time: as many as a page shows (layout.ts). */
export const videoSlots = Math.min(globalThis.screen?.width ?? 1920, globalThis.screen?.height ?? 1080) < 600 ? 12 : 25;

// The order of the sending sections is the protocol's default for what each
// carries (1st audio mic, 2nd audio screen-audio, 1st video camera, 2nd screen).
const lanes: readonly { kind: Kind; media: "audio" | "video"; bitrate?: number }[] = [
  { kind: "mic", media: "audio" },
  { kind: "camera", media: "video", bitrate: 1_500_000 },
  { kind: "screen", media: "video", bitrate: 2_500_000 },
  { kind: "screen-audio", media: "audio" },
];

const welcomeMs = 8_000;
const disconnectedMs = 2_500;
const watchMs = 400;
const patience = 4; // watches that a question may stay unanswered

export class Session {
  private readonly pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  private readonly control = this.pc.createDataChannel("control", { ordered: true });
  private readonly senders = new Map<Kind, RTCRtpTransceiver>();
  private readonly asked = new Map<number, { resolve: () => void; reject: (error: Problem) => void }>();
  private readonly timers = new Set<ReturnType<typeof setTimeout>>();
  private nextId = 1;
  private closed = false;
  private dead = false;
  private heardAt = 0;
  private lastPacket = 0;
  private unanswered = 0;
  private readonly toldMuted = new Map<Kind, boolean>();
  private lastView: ToRouter = { type: "view", auto: true };

  /** Resolves with the first message, which is the welcome; rejects if none comes. */
  readonly welcomed: Promise<void>;
  private greet!: () => void;
  private giveUp!: () => void;

  constructor(tracks: Tracks, private readonly events: SessionEvents) {
    for (const { kind, media, bitrate } of lanes) {
      const init: RTCRtpTransceiverInit = { direction: "sendonly" };
      if (bitrate) init.sendEncodings = [{ maxBitrate: bitrate }];
      this.senders.set(kind, this.pc.addTransceiver(tracks[kind] ?? media, init));
    }
    for (let i = 0; i < audioSlots; i++) this.pc.addTransceiver("audio", { direction: "recvonly" });
    for (let i = 0; i < videoSlots; i++) this.pc.addTransceiver("video", { direction: "recvonly" });
    this.welcomed = new Promise((resolve, reject) => {
      this.greet = resolve;
      this.giveUp = () => reject(new Problem("no-media-path", 0));
      this.control.addEventListener("close", this.giveUp);
    });
    this.welcomed.then(() => this.after(watchMs, () => this.watch()), () => {});
    this.control.onmessage = (event) => this.receive(event.data);
    this.control.onclose = () => this.lose("control channel closed");
    this.pc.oniceconnectionstatechange = () => this.iceChanged();
  }

  /**
   * Makes the offer. It has no candidates and waits for none: the router is
   * ICE-lite and learns our address from the first check (RFC 8445, 7.3.1.3).
   */
  async offer(): Promise<string> {
    if (!this.pc.localDescription) await this.pc.setLocalDescription();
    return this.pc.localDescription?.sdp ?? "";
  }

  async accept(answer: string): Promise<void> {
    this.after(welcomeMs, this.giveUp);
    await this.pc.setRemoteDescription({ type: "answer", sdp: answer });
  }

  /** Puts tracks into the lanes, for a session that was made before they were there. */
  async load(tracks: Tracks): Promise<void> {
    for (const [kind, lane] of this.senders) {
      if (lane.sender.track !== tracks[kind]) await lane.sender.replaceTrack(tracks[kind]);
    }
  }

  /** The receiving lanes: mid to track. Complete after offer(). */
  received(): Map<string, MediaStreamTrack> {
    const all = new Map<string, MediaStreamTrack>();
    for (const t of this.pc.getTransceivers()) {
      if (t.mid !== null && t.direction === "recvonly") all.set(t.mid, t.receiver.track);
    }
    return all;
  }

  /** Changes what a lane sends; tells the router when that mutes or unmutes it. */
  async send(kind: Kind, track: MediaStreamTrack | null, muted: boolean): Promise<void> {
    const lane = this.senders.get(kind);
    if (!lane || this.closed) return;
    if (lane.sender.track !== track) await lane.sender.replaceTrack(track);
    if (lane.mid === null || this.toldMuted.get(kind) === muted) return;
    this.toldMuted.set(kind, muted);
    this.tell({ type: "source", mid: lane.mid, kind, muted });
  }

  /** Says something without waiting for the answer. False if the channel is not open. */
  tell(message: ToRouter, id?: number): boolean {
    if (message.type === "view") this.lastView = message;
    if (this.dead || this.control.readyState !== "open") return false;
    this.control.send(JSON.stringify(id === undefined ? message : { ...message, id }));
    return true;
  }

  /** Says something and waits for the router's ok; its refusal rejects with a Problem. */
  ask(message: ToRouter): Promise<void> {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.asked.set(id, { resolve, reject });
      this.tell(message, id);
    });
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.hush();
    this.pc.close();
  }

  private receive(data: unknown): void {
    if (this.closed || this.dead || typeof data !== "string") return;
    const message = parse(data);
    if (!message) return;
    this.heard();
    if (message.type === "ok" || message.type === "error") {
      const waiting = message.id === undefined ? undefined : this.asked.get(message.id);
      if (message.id !== undefined) this.asked.delete(message.id);
      if (message.type === "ok") waiting?.resolve();
      else waiting?.reject(new Problem(message.code, 0, message.detail));
      return;
    }
    this.events.message(message);
    if (message.type === "welcome") this.greet();
  }

  private iceChanged(): void {
    const state = this.pc.iceConnectionState;
    if (state === "failed") this.lose("ICE failed");
    if (state !== "disconnected") return;
    this.after(disconnectedMs, () => {
      if (this.pc.iceConnectionState === "disconnected") this.lose("ICE disconnected");
    });
  }

  // A dead router stops sending long before ICE notices. Whenever no packet
  // arrives for a moment, ask something harmless (the same view again); no
  // answer to it means that the transport is dead. Watches are counted rather
  // than timed, so that a page that was busy or asleep hears before it judges.
  private watch(): void {
    const packet = this.newestPacket();
    if (packet !== this.lastPacket) this.heard();
    this.lastPacket = packet;
    const quietMs = packet > 0 ? 800 : 4_000;
    if (this.unanswered > 0) this.unanswered++;
    else if (performance.now() - this.heardAt > quietMs) {
      this.unanswered = 1;
      this.ask(this.lastView).catch(() => {});
    }
    if (this.unanswered > patience) return this.lose("the router does not answer");
    this.after(watchMs, () => this.watch());
  }

  private newestPacket(): number {
    let newest = 0;
    for (const receiver of this.pc.getReceivers()) {
      for (const { timestamp } of receiver.getSynchronizationSources()) newest = Math.max(newest, timestamp);
    }
    return newest;
  }

  private heard(): void {
    this.heardAt = performance.now();
    this.unanswered = 0;
  }

  // The connection stays open, deaf: its last pictures stay on the page until
  // the next session brings new ones. The owner closes it.
  private lose(why: string): void {
    if (this.closed || this.dead) return;
    this.dead = true;
    this.hush();
    this.events.lost(why);
  }

  private hush(): void {
    for (const timer of this.timers) clearTimeout(timer);
    for (const { reject } of this.asked.values()) reject(new Problem("offline", 0));
    this.asked.clear();
  }

  private after(ms: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      if (!this.closed && !this.dead) run();
    }, ms);
    this.timers.add(timer);
  }
}
