import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Call } from "../call/call";
import type { Media } from "../call/media";
import type { Place } from "../call/seat";
import type { Store } from "../call/state";

/** What every component of the meeting page may use. */
export interface Meet {
  id: string;
  store: Store;
  media: Media;
  call: Call;
  /** The link that others open. */
  link: string;
  /** What this tab remembered from before a reload. */
  place: Place | undefined;
}

export const MeetContext = createContext<Meet | null>(null);

export function useMeet(): Meet {
  const meet = useContext(MeetContext);
  if (!meet) throw new Error("useMeet outside of MeetContext");
  return meet;
}
