import { useState } from "preact/hooks";
import { Icon } from "../ui/icons";

/**
 * The meeting id in what somebody typed or pasted: a whole link, a path, or
 * the id itself, with spaces and capitals forgiven. Undefined if there is none.
 */
export function meetingIn(text: string): string | undefined {
  const typed = text.trim();
  const inLink = /\/m\/([^/?#\s]+)/.exec(typed)?.[1];
  const id = (inLink ?? typed).toLowerCase().replace(/[\s_-]+/g, "-");
  return id.length >= 3 && id.length <= 64 && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(id) ? id : undefined;
}

/** "Join with a link or code": for guests, no account needed. */
export function JoinByLink({ hint = "Paste a link or type a code" }: { hint?: string }) {
  const [wrong, setWrong] = useState(false);
  const go = (event: SubmitEvent) => {
    event.preventDefault();
    const id = meetingIn(String(new FormData(event.currentTarget as HTMLFormElement).get("code")));
    if (id) location.assign(`/m/${id}`);
    else setWrong(true);
  };
  return (
    <form class="joinlink" onSubmit={go}>
      <div class="joinlink-row">
        <input
          class="input" name="code" required autocomplete="off" autocapitalize="none" spellcheck={false}
          placeholder={hint} aria-label="Meeting link or code" aria-invalid={wrong}
          aria-describedby="joinlink-error" onInput={() => setWrong(false)} data-testid="join-code"
        />
        <button class="button quiet" aria-label="Go to the meeting" data-testid="join-code-go"><Icon name="arrow" /></button>
      </div>
      <p id="joinlink-error" class="hint" role="alert">{wrong && "That doesn’t look like a meeting link. A code looks like abcd-efgh-jkmn."}</p>
    </form>
  );
}
