// Which tiles there are, in which order, on which page, and which sources the
// router should therefore send. Pure.
import { type Participant } from "./control";
import { type Roster, sends, sourceOf } from "./roster";

export interface Tile {
  /** Stable across changes: participant and kind. */
  key: string;
  participant: Participant;
  kind: "camera" | "screen";
  mine: boolean;
  /** The source to show; undefined when nothing is sent (an avatar then). */
  source: number | undefined;
}

/**
 * Camera tiles of everybody who can be seen or heard, me last, then screens.
 * Viewers over WHEP send nothing: they are in the list of people, not here.
 */
export function tilesOf(roster: Roster): { cameras: Tile[]; screens: Tile[] } {
  const cameras: Tile[] = [];
  const screens: Tile[] = [];
  let mine: Tile | undefined;
  for (const p of roster.people) {
    const me = p.id === roster.me;
    if (p.kind === "whep") continue;
    const camera: Tile = tile(p, "camera", me);
    if (me) mine = camera;
    else cameras.push(camera);
    if (sends(p, "screen")) screens.push(tile(p, "screen", me));
  }
  if (mine) cameras.push(mine);
  return { cameras, screens };
}

function tile(p: Participant, kind: "camera" | "screen", mine: boolean): Tile {
  const source = sends(p, kind) ? sourceOf(p, kind)?.id : undefined;
  return { key: `${p.id}/${kind}`, participant: p, kind, mine, source };
}

/**
 * What is on the stage: the pinned tile, or the latest screen of somebody
 * else. Nobody watches their own screen on their own stage.
 */
export function stageOf(cameras: Tile[], screens: Tile[], pinned: string): Tile | undefined {
  const chosen = [...screens, ...cameras].find((t) => t.key === pinned);
  if (chosen) return chosen;
  return screens.filter((t) => !t.mine).reduce<Tile | undefined>(
    (latest, t) => (!latest || (t.source ?? 0) > (latest.source ?? 0) ? t : latest), undefined,
  );
}

export interface Page {
  tiles: Tile[];
  page: number;
  pages: number;
}

/**
 * One page of tiles. My own tile stays on the first page, and so does whoever
 * speaks: the speaker takes the last place that is not mine.
 */
export function pageOf(all: Tile[], size: number, page: number, dominant: string): Page {
  const pages = Math.max(1, Math.ceil(all.length / size));
  const at = Math.min(Math.max(0, page), pages - 1);
  if (pages === 1) return { tiles: all, page: 0, pages };
  const mine = all.filter((t) => t.mine);
  const others = all.filter((t) => !t.mine);
  const first = size - mine.length;
  const speaker = others.findIndex((t) => t.participant.id === dominant);
  if (speaker >= first) others.splice(first - 1, 0, ...others.splice(speaker, 1));
  if (at === 0) return { tiles: [...others.slice(0, first), ...mine], page: 0, pages };
  const from = first + (at - 1) * size;
  return { tiles: others.slice(from, from + size), page: at, pages };
}

/**
 * The sources to ask for, most wanted first, or undefined when all that exist
 * fit into the slots, so that the router may choose by itself.
 */
export function viewOf(stage: Tile | undefined, shown: Tile[], cameras: Tile[], screens: Tile[], slots: number): number[] | undefined {
  const foreign = (t: Tile | undefined): t is Tile => t !== undefined && !t.mine && t.source !== undefined;
  const all = [...screens, ...cameras].filter(foreign);
  const wanted = [stage, ...shown.filter((t) => t.kind === "screen"), ...shown].filter(foreign).map((t) => t.source as number);
  const unique = [...new Set(wanted)];
  if (all.length <= slots && unique.length === all.length) return undefined;
  return unique.slice(0, Math.min(slots, 64));
}
