import type { Meeting } from "../api";
import { CopyButton } from "../ui/copy";

/** One meeting in the list of mine. */
export function Row({ meeting, fresh }: { meeting: Meeting; fresh: boolean }) {
  const open = meeting.state === "open";
  return (
    <li class="row" data-testid="meeting-row" data-id={meeting.id} data-state={meeting.state} data-fresh={fresh || undefined}>
      <div class="row-text">
        <h3>{meeting.title || "Meeting"}</h3>
        <p>
          <Status meeting={meeting} />
          <span class="code">{meeting.id}</span>
        </p>
      </div>
      {open && (
        <div class="row-ways">
          <CopyButton link={meeting.join_url} class="button quiet small" />
          <a class={`button small ${meeting.live ? "main" : "quiet"}`} href={`/m/${meeting.id}`} data-testid="open-meeting">
            {meeting.live ? "Join" : "Open"}
          </a>
        </div>
      )}
    </li>
  );
}

function Status({ meeting }: { meeting: Meeting }) {
  if (meeting.state === "ended") return <span>Ended</span>;
  if (meeting.state === "expired") return <span>Link expired</span>;
  if (meeting.live) {
    const n = meeting.participants;
    return <span class="live"><i class="pulse" /> Live now{n > 0 && `, ${n} ${n === 1 ? "person" : "people"}`}</span>;
  }
  return <span>{until(meeting.expires, new Date())}</span>;
}

/** "Link works until Friday" within a week, with the date after that. */
export function until(expires: string, now: Date): string {
  const at = new Date(expires);
  if (Number.isNaN(at.getTime())) return "Ready";
  const hours = (at.getTime() - now.getTime()) / 3_600_000;
  const options: Intl.DateTimeFormatOptions =
    hours < 20 ? { hour: "numeric", minute: "2-digit" } : hours < 24 * 6 ? { weekday: "long" } : { day: "numeric", month: "long" };
  return `Link works until ${new Intl.DateTimeFormat("en-GB", options).format(at)}`;
}
