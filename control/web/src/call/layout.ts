// How large the tiles of a grid are. Pure geometry, in CSS pixels.

export interface Grid {
  columns: number;
  rows: number;
  width: number;
  height: number;
}

// A video fills its tile. On a desk a camera's picture keeps most of its width;
// a phone held upright shows faces, and may crop more.
const widest = 16 / 9;
const narrowest = { landscape: 1.15, portrait: 3 / 4 };

/** The grid of n equal tiles that covers most of a box. */
export function gridOf(n: number, width: number, height: number, gap: number): Grid {
  let best: Grid = { columns: 1, rows: Math.max(1, n), width: 0, height: 0 };
  let most = -1;
  const low = width > height ? narrowest.landscape : narrowest.portrait;
  for (let columns = 1; columns <= Math.max(1, n); columns++) {
    const rows = Math.max(1, Math.ceil(n / columns));
    let w = (width - gap * (columns - 1)) / columns;
    let h = (height - gap * (rows - 1)) / rows;
    if (w <= 0 || h <= 0) continue;
    if (w / h > widest) w = h * widest;
    if (w / h < low) h = w / low;
    // An emptier last row reads as a hole: it has to win by more than a hair.
    const score = w * h * (1 - 0.02 * (columns * rows - n));
    if (score > most) {
      most = score;
      best = { columns, rows, width: Math.floor(w), height: Math.floor(h) };
    }
  }
  return best;
}

/** How many tiles a page holds: a phone decodes and shows fewer. */
export function pageSize(width: number, height: number, slots: number): number {
  const cells = Math.max(1, Math.floor(width / 150)) * Math.max(1, Math.floor(height / 130));
  return Math.max(4, Math.min(slots, cells));
}
