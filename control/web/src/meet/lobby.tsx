// Before the meeting: who am I, how do I look and sound, then join.
import { useEffect, useRef, useState } from "preact/hooks";
import { messageFor } from "../sentences";
import { CopyButton } from "../ui/copy";
import { Icon } from "../ui/icons";
import { Logo } from "../ui/logo";
import { useMeet } from "./context";
import { DeviceFields } from "./devicefields";
import { Preview } from "./preview";
import { Trouble } from "./trouble";

export function Lobby() {
  const { store, media, call, link } = useMeet();
  useEffect(() => {
    if (!media.mic.value && !media.camera.value) void media.open({ mic: true, camera: true });
    const timer = setTimeout(() => void call.prepare(), 300);
    return () => clearTimeout(timer);
  }, []);
  const card = store.card.value;
  return (
    <div class="lobby">
      <header class="lobby-head"><a href="/" aria-label="Causeway, start page"><Logo /></a></header>
      <main>
        <section class="lobby-look" aria-label="Camera and microphone">
          <Preview />
          <Trouble />
          <DeviceFields />
        </section>
        <section class="lobby-card">
          {card ? (
            <div>
              <h1 data-testid="meeting-title">{card.title || "Meeting"}</h1>
              <p class="lobby-sub">{subtitle(card.host_name, card.you_host, card.live ? card.participants : 0)}</p>
            </div>
          ) : (
            <h1>Ready to come in?</h1>
          )}
          <JoinForm onJoin={(name) => void call.join(name)} />
          <Waiting />
          <div class="lobby-link">
            <code>{link.replace(/^https?:\/\//, "")}</code>
            <CopyButton link={link} class="button plain small" label="Copy link" />
          </div>
        </section>
      </main>
    </div>
  );
}

function subtitle(host: string, mine: boolean, inside: number): string {
  const who = mine ? "You’re the host" : `Hosted by ${host}`;
  if (inside === 0) return `${who}. Nobody is in yet.`;
  return `${who}. ${inside === 1 ? "One person is" : `${inside} people are`} in.`;
}

function JoinForm({ onJoin }: { onJoin: (name: string) => void }) {
  const { store, call } = useMeet();
  const field = useRef<HTMLInputElement>(null);
  const [missing, setMissing] = useState(false);
  const busy = store.phase.value === "joining";
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const name = field.current?.value.trim() ?? "";
    setMissing(name === "");
    if (name === "") field.current?.focus();
    else if (!busy) onJoin(name);
  };
  return (
    <form class="joinform" onSubmit={submit} noValidate>
      <label class="field">
        <span>Your name</span>
        <input
          class="input" name="name" value={store.name.value} ref={field} maxLength={60}
          autocomplete="name" disabled={busy} aria-invalid={missing} aria-describedby="name-hint"
          onInput={(e) => { store.name.value = e.currentTarget.value; setMissing(false); }} data-testid="name"
        />
      </label>
      <p id="name-hint" class="hint" role="alert">{missing && "Tell the others who you are."}</p>
      <button class="button main wide big" aria-disabled={busy} data-testid="join">
        {busy ? <><i class="spinner" /> Coming in…</> : <>Join <Icon name="arrow" /></>}
      </button>
      {busy && <button type="button" class="button plain wide" onClick={() => call.cancel()} data-testid="join-cancel">Cancel</button>}
    </form>
  );
}

// An attempt failed in a way that passes: say why, and that it goes on.
function Waiting() {
  const waiting = useMeet().store.waiting.value;
  const message = waiting && messageFor(waiting.code);
  return (
    <div role="status" data-testid="waiting" data-code={waiting?.code}>
      {message && <p class="note"><Icon name="again" /><span><b>{message.title}.</b> {message.text}</span></p>}
    </div>
  );
}
