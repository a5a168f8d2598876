// Who is here. Nobody is unseen: viewers without camera are listed too.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Participant, ToRouter } from "../call/control";
import { sends } from "../call/roster";
import { Problem } from "../problem";
import { Avatar } from "../ui/avatar";
import { CopyButton } from "../ui/copy";
import { Dialog } from "../ui/dialog";
import { Icon } from "../ui/icons";
import { Popover } from "../ui/popover";
import { useMeet } from "./context";

export function People() {
  const { store, link } = useMeet();
  const panel = useRef<HTMLElement>(null);
  const { people, me } = store.roster.value;
  useEffect(() => {
    panel.current?.focus();
    return () => document.querySelector<HTMLElement>('[data-testid="btn-people"]')?.focus();
  }, []);
  const ordered = [...people.filter((p) => p.id === me), ...people.filter((p) => p.id !== me)];
  return (
    <aside class="people" ref={panel} tabIndex={-1} aria-label="People in this meeting" data-testid="people-panel">
      <header>
        <h2>People <span>{people.length}</span></h2>
        <button type="button" class="stone ghost" onClick={() => (store.panel.value = null)} aria-label="Close" data-testid="people-close"><Icon name="close" /></button>
      </header>
      <CopyButton link={link} class="button quiet wide" label="Copy the link to invite" testid="people-copy" />
      <ul>{ordered.map((p) => <Person key={p.id} p={p} />)}</ul>
    </aside>
  );
}

function Person({ p }: { p: Participant }) {
  const { store } = useMeet();
  const { me, host, speakers } = store.roster.value;
  const mine = p.id === me;
  const mic = sends(p, "mic");
  const camera = sends(p, "camera");
  return (
    <li data-testid="person" data-participant={p.id} data-name={p.name} data-speaking={speakers.has(p.id) && mic}>
      <Avatar id={p.id} name={p.name} />
      <div class="person-text">
        <strong>{p.name}</strong>
        <small>{about(p, mine)}</small>
      </div>
      {p.kind !== "whep" && (
        <span class="person-state">
          <span class="offscreen">{`Microphone ${mic ? "on" : "off"}, camera ${camera ? "on" : "off"}${sends(p, "screen") ? ", sharing a screen" : ""}`}</span>
          {sends(p, "screen") && <Icon name="share" size={18} />}
          <i data-on={mic}><Icon name={mic ? "mic" : "mic-off"} size={18} /></i>
          <i data-on={camera}><Icon name={camera ? "camera" : "camera-off"} size={18} /></i>
        </span>
      )}
      {host && (mine ? <span class="person-blank" /> : <HostWays p={p} />)}
    </li>
  );
}

function about(p: Participant, mine: boolean): string {
  const words = [
    mine ? "You" : "",
    p.role === "host" ? "Host" : "",
    p.kind === "whep" ? "Watching only" : p.kind === "whip" ? "From another program" : "",
  ].filter(Boolean);
  return words.join(", ");
}

function HostWays({ p }: { p: Participant }) {
  const { store, call } = useMeet();
  const [removing, setRemoving] = useState(false);
  const ask = async (message: ToRouter, done: string) => {
    try {
      await call.ask(message);
      store.toast(done);
    } catch (error) {
      store.toast(error instanceof Problem && error.message ? error.message : "That didn’t work. Try again.", "bad");
    }
  };
  return (
    <>
      <Popover label={`What to do with ${p.name}`} button={<Icon name="dots" size={20} />} class="stone ghost" testid="person-menu" panelClass="from-right downward">
        {(close) => (
          <>
            {sends(p, "mic") && (
              <button type="button" role="menuitem" class="menu-item" data-testid="mute-person"
                onClick={() => { close(); void ask({ type: "mute", participant: p.id, kind: "mic" }, `You muted ${p.name}.`); }}>
                <Icon name="mic-off" size={18} /><span>Mute</span>
              </button>
            )}
            <button type="button" role="menuitem" class="menu-item grave" data-testid="remove-person" onClick={() => { close(); setRemoving(true); }}>
              <Icon name="close" size={18} /><span>Remove from the meeting</span>
            </button>
          </>
        )}
      </Popover>
      {removing && (
        <Dialog label={`Remove ${p.name}?`} onClose={() => setRemoving(false)}>
          <h2>Remove {p.name}?</h2>
          <p>They’ll be told that you took them out of the meeting.</p>
          <div class="dialog-ways">
            <button type="button" class="button quiet" onClick={() => setRemoving(false)}>Keep them</button>
            <button type="button" class="button grave" data-testid="remove-confirm"
              onClick={() => { setRemoving(false); void ask({ type: "remove", participant: p.id }, `You removed ${p.name}.`); }}>Remove</button>
          </div>
        </Dialog>
      )}
    </>
  );
}
