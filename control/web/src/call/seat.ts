// What a tab remembers about its place in a meeting, so that a reload comes
// back as the same participant. sessionStorage: it ends with the tab. The name
// alone is also kept for the next meeting, in localStorage.

export interface Place {
  name: string;
  /** Opaque secret from the cloud that keeps the participant id. */
  seat: string;
  /** Was in the meeting when this was written: a reload joins again. */
  inside: boolean;
  micOn: boolean;
  cameraOn: boolean;
  /** When the meeting began, Date.now() of this machine; 0 if unknown. */
  startedAt: number;
}

/** The part of Storage that is needed; both storages throw where cookies are blocked. */
export type Shelf = Pick<Storage, "getItem" | "setItem" | "removeItem">;

const key = (meeting: string) => `causeway:place:${meeting}`;
const nameKey = "causeway:name";

export function recall(shelf: Shelf, meeting: string): Place | undefined {
  try {
    const text = shelf.getItem(key(meeting));
    if (!text) return undefined;
    const p = JSON.parse(text) as Partial<Place> | null;
    if (!p || typeof p.name !== "string" || typeof p.seat !== "string") return undefined;
    const startedAt = typeof p.startedAt === "number" ? p.startedAt : 0;
    return { name: p.name, seat: p.seat, inside: p.inside === true, micOn: p.micOn === true, cameraOn: p.cameraOn === true, startedAt };
  } catch {
    return undefined;
  }
}

export function remember(shelf: Shelf, meeting: string, place: Place): void {
  try {
    shelf.setItem(key(meeting), JSON.stringify(place));
  } catch {
    // no storage: the tab simply does not survive a reload
  }
}

export function forget(shelf: Shelf, meeting: string): void {
  try {
    shelf.removeItem(key(meeting));
  } catch {
    // see remember
  }
}

export function lastName(shelf: Shelf): string {
  try {
    return shelf.getItem(nameKey) ?? "";
  } catch {
    return "";
  }
}

export function keepName(shelf: Shelf, name: string): void {
  try {
    shelf.setItem(nameKey, name);
  } catch {
    // see remember
  }
}
