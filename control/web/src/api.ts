// The cloud's JSON API: accounts, meetings, tickets. Same origin, cookie session.
import { request } from "./problem";

export interface Account {
  id: string;
  email: string;
  name: string;
}

export type MeetingState = "open" | "ended" | "expired";

/** A meeting in its owner's list. Instants are RFC 3339. */
export interface Meeting {
  id: string;
  title: string;
  join_url: string;
  host: boolean;
  host_name: string;
  state: MeetingState;
  live: boolean;
  participants: number;
  created: string;
  expires: string;
}

/** What anybody who has the link may know. */
export interface MeetingCard {
  id: string;
  title: string;
  host_name: string;
  state: MeetingState;
  live: boolean;
  participants: number;
  you_host: boolean;
}

/** Admission to one meeting. The seat keeps the same participant id on a re-join. */
export interface Admission {
  ticket: string;
  seat: string;
  participant: { id: string; name: string; role: "host" | "participant" };
  meeting: { id: string; title: string };
  zone_urls: string[];
}

async function send<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const init: RequestInit = { method, credentials: "same-origin", headers: { Accept: "application/json" } };
  if (body !== undefined) {
    init.headers = { ...init.headers, "Content-Type": "application/json" };
    init.body = JSON.stringify(body);
  }
  const response = await request(path, init, signal);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

const meeting = (id: string) => `/api/meetings/${encodeURIComponent(id)}`;

export const api = {
  /** The signed-in account; Problem "signed-out" if there is none. */
  me: async () => unwrap(await send<Account | { account: Account }>("GET", "/api/me")),
  login: async (email: string, password: string) =>
    unwrap(await send<Account | { account: Account }>("POST", "/api/login", { email, password })),
  logout: () => send<void>("POST", "/api/logout"),
  /** My meetings, newest first. */
  meetings: async () => (await send<{ meetings: Meeting[] | null }>("GET", "/api/meetings")).meetings ?? [],
  create: (title?: string) => send<Meeting>("POST", "/api/meetings", title ? { title } : {}),
  card: (id: string) => send<MeetingCard>("GET", meeting(id)),
  ticket: (id: string, name: string, seat: string | undefined, signal?: AbortSignal) =>
    send<Admission>("POST", `${meeting(id)}/tickets`, seat ? { name, seat } : { name }, signal),
  /** Ends the meeting for everybody (host). */
  end: (id: string) => send<void>("POST", `${meeting(id)}/end`),
};

function unwrap(answer: Account | { account: Account }): Account {
  return "account" in answer ? answer.account : answer;
}
