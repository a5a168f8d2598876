import { useRef, useState } from "preact/hooks";
import { type Account, api } from "../api";
import { Problem } from "../problem";
import { messageFor, signInSentence } from "../sentences";
import { Icon } from "../ui/icons";
import { Logo } from "../ui/logo";
import { JoinByLink } from "./joinlink";

interface Props {
  /** Why the person is here again: a problem's code. */
  note?: string | undefined;
  onSignedIn: (account: Account) => void;
}

export function SignIn({ note, onSignedIn }: Props) {
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState("");
  const password = useRef<HTMLInputElement>(null);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setBusy(true);
    setFailed("");
    try {
      onSignedIn(await api.login(String(form.get("email")).trim(), String(form.get("password"))));
    } catch (error) {
      const code = error instanceof Problem ? error.code : "internal";
      setFailed(code);
      if (code === "login-failed") password.current?.select();
    } finally {
      setBusy(false);
    }
  };

  return (
    <section class="gate">
      <header><Logo /></header>
      <div class="gate-body">
        <h1>Meetings that stay in the house.</h1>
        <p class="lead">Video calls inside your own network: voices, faces and screens never leave the building.</p>
        {note && !failed && (
          <p class="note" role="status"><Icon name="warn" /><span>{messageFor(note).title}. {messageFor(note).text}</span></p>
        )}
        <form class="signin" onSubmit={submit} data-testid="signin-form">
          <label class="field">
            <span>Email</span>
            <input class="input" name="email" type="email" autocomplete="username" required data-testid="email" />
          </label>
          <label class="field">
            <span>Password</span>
            <input
              class="input" name="password" type="password" autocomplete="current-password" required ref={password}
              aria-invalid={failed === "login-failed"} aria-describedby="signin-error" data-testid="password"
            />
          </label>
          <div id="signin-error" role="alert" data-testid="signin-error" data-code={failed}>
            {failed && <p class="note bad"><Icon name="warn" /><span>{signInSentence(failed)}</span></p>}
          </div>
          <button class="button main wide" disabled={busy} data-testid="signin-submit">
            {busy ? <><i class="spinner" /> Signing in…</> : "Sign in"}
          </button>
        </form>
        <div class="or"><span>Invited to a meeting?</span></div>
        <JoinByLink />
      </div>
    </section>
  );
}
