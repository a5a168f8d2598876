// Signed in: start a meeting, and the list of mine.
import { useCallback, useEffect, useState } from "preact/hooks";
import { type Account, type Meeting, api } from "../api";
import { Problem } from "../problem";
import { messageFor } from "../sentences";
import { Avatar } from "../ui/avatar";
import { Icon } from "../ui/icons";
import { Logo } from "../ui/logo";
import { JoinByLink } from "./joinlink";
import { Row } from "./row";
import { Scene } from "../ui/scene";

const refreshMs = 10_000;

interface Props {
  account: Account;
  onSignedOut: () => void;
  onLeave: () => void;
}

export function Desk({ account, onSignedOut, onLeave }: Props) {
  const [meetings, setMeetings] = useState<Meeting[]>();
  const [trouble, setTrouble] = useState("");
  const [busy, setBusy] = useState<"now" | "later" | "">("");
  const [fresh, setFresh] = useState("");

  const failed = useCallback((error: unknown) => {
    const code = error instanceof Problem ? error.code : "internal";
    if (code === "signed-out") onSignedOut();
    else setTrouble(code);
  }, []);

  const load = useCallback(async () => {
    try {
      setMeetings(await api.meetings());
      setTrouble("");
    } catch (error) {
      failed(error);
    }
  }, []);

  useEffect(() => {
    void load();
    const timer = setInterval(() => document.visibilityState === "visible" && void load(), refreshMs);
    return () => clearInterval(timer);
  }, []);

  const create = async (when: "now" | "later", title?: string) => {
    setBusy(when);
    try {
      const meeting = await api.create(title);
      if (when === "now") return location.assign(`/m/${meeting.id}`);
      setFresh(meeting.id);
      await load();
    } catch (error) {
      failed(error);
    }
    setBusy("");
  };
  const signOut = async () => {
    await api.logout().catch(() => {});
    onLeave();
  };

  return (
    <div class="desk" data-testid="home" data-state="signed-in">
      <header class="desk-head">
        <Logo />
        <div class="me">
          <Avatar id={account.id} name={account.name} />
          <span class="me-name">{account.name}</span>
          <button type="button" class="button plain small" onClick={signOut} data-testid="signout">Sign out</button>
        </div>
      </header>
      <main>
        <section class="hero">
          <Scene />
          <div class="hero-body">
            <h1>{greeting(new Date().getHours())}, {account.name.split(" ")[0]}.</h1>
            <p>Start a meeting and send the link to whoever should come. Guests need no account.</p>
            <button type="button" class="button main big" disabled={busy !== ""} onClick={() => create("now")} data-testid="start-now">
              {busy === "now" ? <i class="spinner" /> : <Icon name="camera" />} Start a meeting now
            </button>
          </div>
        </section>
        {trouble && (
          <p class="note bad" role="alert" data-testid="home-trouble" data-code={trouble}>
            <Icon name="warn" /><span>{messageFor(trouble).title}. {messageFor(trouble).text}</span>
          </p>
        )}
        <div class="columns">
          <section class="mine" aria-labelledby="mine">
            <h2 id="mine">Your meetings</h2>
            {meetings === undefined && !trouble && <Skeleton />}
            {meetings?.length === 0 && (
              <p class="empty" data-testid="no-meetings">Nothing here yet. The meetings you start appear in this list, with their links.</p>
            )}
            <ul class="rows" data-testid="meeting-list">
              {meetings?.map((m) => <Row key={m.id} meeting={m} fresh={m.id === fresh} />)}
            </ul>
          </section>
          <aside>
            <Later busy={busy === "later"} onCreate={(title) => create("later", title)} />
            <section class="side-card">
              <h2>Join a meeting</h2>
              <JoinByLink hint="Link or code" />
            </section>
          </aside>
        </div>
      </main>
    </div>
  );
}

function Later({ busy, onCreate }: { busy: boolean; onCreate: (title: string) => void }) {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    onCreate(String(new FormData(form).get("title")).trim());
    form.reset();
  };
  return (
    <section class="side-card">
      <h2>Make a link for later</h2>
      <form onSubmit={submit}>
        <input class="input" name="title" maxLength={80} placeholder="What is it about?" aria-label="Title of the meeting" autocomplete="off" data-testid="create-title" />
        <button class="button quiet wide" disabled={busy} data-testid="create-later">
          {busy ? <i class="spinner" /> : <Icon name="plus" />} Make a link
        </button>
      </form>
    </section>
  );
}

function Skeleton() {
  return <div class="skeleton" aria-label="Loading your meetings" role="status"><i /><i /><i /></div>;
}

/** Good morning until noon, good evening from six. */
export function greeting(hour: number): string {
  if (hour < 5 || hour >= 18) return "Good evening";
  return hour < 12 ? "Good morning" : "Good afternoon";
}
