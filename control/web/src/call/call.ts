// A call: from the click on "Join" to leaving. It owns the current session and
// replaces it when it is lost; the store shows how that goes.
//
// Nothing here is about looks, and nothing is repaired in place: a lost
// session is followed by a new ticket for the same seat, a new session, and
// only when that one was welcomed is the old one closed.
import { batch, effect } from "@preact/signals";
import { type Admission, api } from "../api";
import { Problem, passes } from "../problem";
import { backoff, pause } from "./backoff";
import type { EndReason, FromRouter, Kind, ToRouter } from "./control";
import type { Media } from "./media";
import { type Shelf, forget, keepName, recall, remember } from "./seat";
import { Session, videoSlots } from "./session";
import type { Store } from "./state";
import { viewOf } from "./tiles";
import { enter, exit } from "./zone";

const preparedMs = 120_000;

interface Live {
  session: Session;
  location: string;
  ticket: string;
}

export class Call {
  private live: Live | undefined;
  // Whose messages count: the session that was welcomed last.
  private speaking: Session | undefined;
  private had = { mic: false, camera: false };
  private attempts = new AbortController();
  private seat: string | undefined;
  private stopView: () => void = () => {};
  private prepared: { session: Session; at: number } | undefined;

  constructor(
    private readonly meeting: string,
    private readonly store: Store,
    private readonly media: Media,
    private readonly tab: Shelf,
    private readonly home: Shelf,
  ) {
    this.seat = recall(tab, meeting)?.seat;
    media.changed = () => this.publish();
  }

  /**
   * Makes the first session while the person is still in the lobby: its thirty
   * lanes and keys take a browser a third of a second.
   */
  async prepare(): Promise<void> {
    if (this.prepared || this.store.phase.peek() !== "lobby") return;
    this.prepared = { session: this.open(), at: performance.now() };
    await this.prepared.session.offer();
  }

  /** Joins, and tries again by itself as long as the reason may pass. */
  async join(name: string): Promise<void> {
    performance.mark("causeway:join-click");
    keepName(this.home, name);
    batch(() => {
      this.store.name.value = name;
      this.store.outcome.value = null;
      this.store.phase.value = "joining";
    });
    await this.connect();
  }

  /** Joins again after an end or a failure, with the same name and devices. */
  async again(): Promise<void> {
    this.store.outcome.value = null;
    this.store.phase.value = "joining";
    await this.media.open(this.had);
    await this.join(this.store.name.value);
  }

  /** Stops an attempt to join and returns to the lobby. */
  cancel(): void {
    this.attempts.abort();
    this.keep(false);
    batch(() => {
      this.store.waiting.value = null;
      this.store.returning.value = false;
      this.store.phase.value = "lobby";
    });
  }

  leave(): void {
    const { live } = this;
    if (live && !live.session.tell({ type: "leave" })) exit(live.location, live.ticket);
    this.finish("ended", "left");
  }

  /** Ends the meeting for everybody. Throws the Problem of a refusal. */
  async endForAll(): Promise<void> {
    try {
      await this.ask({ type: "end" });
    } catch (error) {
      // The router may close before it answers; the cloud is the other door.
      if (this.live) await api.end(this.meeting);
    }
    if (this.store.phase.value !== "ended") this.finish("ended", "you-ended");
  }

  /** A host's wish about somebody else. Throws the Problem of a refusal. */
  async ask(message: ToRouter): Promise<void> {
    if (!this.live) throw new Problem("offline", 0);
    await this.live.session.ask(message);
  }

  /** The page is going away. A reload keeps the place; the router would notice late. */
  pageGone(reloading: boolean): void {
    if (this.live && !reloading) exit(this.live.location, this.live.ticket);
  }

  private async connect(): Promise<void> {
    this.attempts.abort();
    const attempts = new AbortController();
    this.attempts = attempts;
    for (let n = 0; ; n++) {
      try {
        await this.attempt(attempts.signal);
        return;
      } catch (error) {
        if (attempts.signal.aborted) return;
        if (!this.mayPass(error, n)) return this.fail(error);
        const problem = error as Problem;
        const ms = backoff(n, Math.random(), problem.retryAfterMs);
        this.store.waiting.value = { code: problem.code, until: Date.now() + ms, tries: n + 1 };
        await pause(ms, AbortSignal.any([attempts.signal, nextOnline(attempts.signal)])).catch(() => {});
        if (attempts.signal.aborted) return;
      }
    }
  }

  // Somebody who was in the meeting comes back whenever that is possible; on
  // the first join, media that cannot get through is said after a few tries.
  private mayPass(error: unknown, n: number): boolean {
    if (error instanceof Problem && error.code === "no-media-path") return this.live !== undefined || n < 2;
    return passes(error);
  }

  private async attempt(signal: AbortSignal): Promise<void> {
    const session = await this.takePrepared() ?? this.open();
    const close = () => session.close();
    signal.addEventListener("abort", close, { once: true });
    try {
      const [admission, offer] = await Promise.all([this.ticket(signal), session.offer()]);
      const admitted = await enter(admission.zone_urls, this.meeting, admission.ticket, offer, signal);
      const next: Live = { session, location: admitted.location, ticket: admission.ticket };
      try {
        await session.accept(admitted.answer);
        await session.welcomed;
      } catch (error) {
        exit(next.location, next.ticket);
        throw error instanceof Problem ? error : new Problem("offer-unacceptable", 0);
      }
      signal.throwIfAborted();
      this.swap(next, admission);
    } catch (error) {
      session.close();
      throw error;
    } finally {
      signal.removeEventListener("abort", close);
    }
  }

  private open(): Session {
    const session: Session = new Session(this.media.tracks(), {
      message: (m) => this.receive(session, m),
      lost: (why) => this.lost(session, why),
    });
    return session;
  }

  // Used once. An old one may have been made in another network.
  private async takePrepared(): Promise<Session | undefined> {
    const made = this.prepared;
    this.prepared = undefined;
    if (!made) return undefined;
    if (performance.now() - made.at < preparedMs) {
      await made.session.load(this.media.tracks());
      return made.session;
    }
    made.session.close();
    return undefined;
  }

  private async ticket(signal: AbortSignal): Promise<Admission> {
    const name = this.store.name.value;
    try {
      return await api.ticket(this.meeting, name, this.seat, signal);
    } catch (error) {
      // A seat that the cloud does not know any more: come in as somebody new.
      const refused = error instanceof Problem && ["bad-request", "forbidden", "not-found"].includes(error.code);
      if (!this.seat || !refused) throw error;
      this.seat = undefined;
      return await api.ticket(this.meeting, name, undefined, signal);
    }
  }

  private swap(next: Live, admission: Admission): void {
    const old = this.live;
    this.live = next;
    this.seat = admission.seat;
    const streams = new Map<string, MediaStream>();
    for (const [mid, track] of next.session.received()) streams.set(mid, new MediaStream([track]));
    const back = this.store.phase.value === "reconnecting";
    batch(() => {
      this.store.streams.value = streams;
      this.store.waiting.value = null;
      this.store.returning.value = false;
      this.store.phase.value = "in";
      if (back) this.store.toast("You’re back in the meeting.", "good");
    });
    old?.session.close();
    this.publish();
    this.stopView();
    this.stopView = this.followView(next.session);
  }

  private receive(session: Session, message: FromRouter): void {
    // The next session is welcomed a moment before it is the live one.
    if (message.type === "welcome") this.speaking = session;
    if (this.speaking !== session) return;
    switch (message.type) {
      case "muted":
        return void this.mutedBy(message.kind, message.by || "The host");
      case "ended":
        return this.ended(session, message.reason);
      default:
        this.store.receive(message);
    }
  }

  private async mutedBy(kind: Kind, by: string): Promise<void> {
    const { media, store } = this;
    if (kind === "mic") await media.setMic(false);
    else if (kind === "camera") await media.setCamera(false);
    else media.unshare();
    const what = { mic: "muted your microphone", camera: "turned your camera off", screen: "stopped your screen", "screen-audio": "stopped your screen" };
    store.toast(`${by} ${what[kind]}.`, "bad");
  }

  private ended(session: Session, reason: EndReason): void {
    if (this.live?.session !== session || this.store.phase.value !== "in") return;
    if (reason === "shutdown") return this.lost(session, reason);
    this.finish("ended", reason);
  }

  private lost(session: Session, why: string): void {
    if (this.live?.session !== session || this.store.phase.value !== "in") return;
    console.info(`causeway: session lost: ${why}`);
    this.stopView();
    this.store.phase.value = "reconnecting";
    this.store.spoken.value = "Connection lost. Reconnecting.";
    void this.connect();
  }

  private fail(error: unknown): void {
    const problem = error instanceof Problem ? error : new Problem("internal", 0);
    const over = ["meeting-ended", "meeting-expired", "meeting-not-found"].includes(problem.code);
    this.finish(over && this.live ? "ended" : "error", problem.code, problem.detail);
  }

  // The tab keeps the seat, so that "Rejoin" is the same participant; only a
  // reload does not walk back in.
  private finish(phase: "ended" | "error", code: string, detail = ""): void {
    this.attempts.abort();
    this.stopView();
    const live = this.live;
    this.live = undefined;
    this.keep(false);
    this.had = { mic: this.media.micOn.peek(), camera: this.media.cameraOn.peek() };
    batch(() => {
      this.store.outcome.value = { code, detail };
      this.store.waiting.value = null;
      this.store.returning.value = false;
      this.store.startedAt.value = 0;
      this.store.phase.value = phase;
    });
    this.media.close();
    // The last words on the channel need a moment to leave the machine.
    if (live) setTimeout(() => live.session.close(), 200);
  }

  private publish(): void {
    const session = this.live?.session;
    if (!session) return;
    this.keep(true);
    const { mic, camera, screen, "screen-audio": screenAudio } = this.media.tracks();
    void session.send("mic", mic, !this.media.micOn.peek());
    void session.send("camera", camera, camera === null);
    void session.send("screen", screen, screen === null);
    void session.send("screen-audio", screenAudio, screenAudio === null);
  }

  private keep(inside: boolean): void {
    if (this.seat === undefined) return forget(this.tab, this.meeting);
    remember(this.tab, this.meeting, {
      name: this.store.name.peek(), seat: this.seat, inside,
      micOn: this.media.micOn.peek(), cameraOn: this.media.cameraOn.peek(), startedAt: this.store.startedAt.peek(),
    });
  }

  // Tells the router what is on the page, whenever that changes.
  private followView(session: Session): () => void {
    const auto: ToRouter = { type: "view", auto: true };
    let last = JSON.stringify(auto);
    return effect(() => {
      const { tiles, stage, shown } = this.store;
      const { cameras, screens } = tiles.value;
      const sources = viewOf(stage.value, shown.value.tiles, cameras, screens, videoSlots);
      const message: ToRouter = sources ? { type: "view", sources } : auto;
      const text = JSON.stringify(message);
      if (text !== last) session.tell(message);
      last = text;
    });
  }
}

// Aborts when the browser is online again, so that nobody waits for a back-off.
function nextOnline(until: AbortSignal): AbortSignal {
  const online = new AbortController();
  addEventListener("online", () => online.abort(), { once: true, signal: until });
  return online.signal;
}
