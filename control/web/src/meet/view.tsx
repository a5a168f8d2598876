// The tiles: a grid of everybody, or a stage with a filmstrip beside it.
import { useEffect } from "preact/hooks";
import { gridOf, pageSize } from "../call/layout";
import { videoSlots } from "../call/session";
import { CopyButton } from "../ui/copy";
import { Icon } from "../ui/icons";
import { useMeet } from "./context";
import { px, useSize } from "./size";
import { TileView } from "./tile";

export function View() {
  const { store } = useMeet();
  return store.stage.value ? <Staged /> : <Gallery />;
}

const gap = 10;

function Gallery() {
  const { store } = useMeet();
  const { ref, width, height } = useSize<HTMLDivElement>();
  const { tiles } = store.shown.value;
  const alone = store.rest.value.length <= 1 && store.roster.value.people.length <= 1;
  useEffect(() => {
    if (width > 0) store.size.value = pageSize(width, height, videoSlots);
  }, [width, height]);
  const grid = gridOf(tiles.length + (alone ? 1 : 0), width, height, gap);
  const box = { width: grid.width, height: grid.height };
  return (
    <div class="gallery" data-testid="grid">
      <div class="gallery-box" ref={ref}>
        <div class="gallery-tiles" style={px({ width: grid.columns * (grid.width + gap) - gap })}>
          {tiles.map((t) => <TileView key={t.key} tile={t} box={box} />)}
          {alone && <FirstHere box={box} />}
        </div>
      </div>
      <Pager />
    </div>
  );
}

function FirstHere({ box }: { box: { width: number; height: number } }) {
  const { link } = useMeet();
  return (
    <div class="first-here" style={px(box)} data-testid="first-here">
      <h2>You’re the first one here</h2>
      <p>Send the link to whoever should come.</p>
      <CopyButton link={link} class="button main" label="Copy the link" testid="copy-link-first" />
    </div>
  );
}

const film = { width: 212, height: 119 };

// A row below an upright stage: at least three tiles, each a thumb's width.
function rowOf(width: number): { box: { width: number; height: number }; fits: number } {
  const fits = Math.max(3, Math.floor((width + gap) / (132 + gap)));
  const each = Math.min(150, Math.floor((width - gap * (fits - 1)) / fits));
  return { box: { width: each, height: Math.round(each * 0.74) }, fits };
}

function Staged() {
  const { store } = useMeet();
  const { ref, width, height } = useSize<HTMLDivElement>();
  const stage = store.stage.value;
  const upright = width < height * 1.1;
  const row = rowOf(width);
  const box = upright ? row.box : film;
  useEffect(() => {
    if (width === 0) return;
    const fits = upright ? row.fits : Math.floor((height - 48) / (film.height + gap));
    store.size.value = Math.max(2, Math.min(videoSlots - 1, fits));
  }, [width, height]);
  return (
    <div class="staged" ref={ref} data-upright={upright}>
      <div class="stage" data-testid="stage">{stage && <TileView key={stage.key} tile={stage} onStage />}</div>
      <div class="filmstrip" data-testid="filmstrip">
        <div class="film">{store.shown.value.tiles.map((t) => <TileView key={t.key} tile={t} box={box} />)}</div>
        <Pager />
      </div>
    </div>
  );
}

function Pager() {
  const { store } = useMeet();
  const { page, pages } = store.shown.value;
  if (pages < 2) return null;
  const turn = (by: number) => {
    store.page.value = Math.min(pages - 1, Math.max(0, page + by));
    store.spoken.value = `Page ${store.page.value + 1} of ${pages}.`;
  };
  return (
    <nav class="pager" aria-label="Pages of people" data-testid="pager">
      <button type="button" onClick={() => turn(-1)} disabled={page === 0} aria-label="Previous page" data-testid="page-prev"><Icon name="left" /></button>
      <span>{page + 1} / {pages}</span>
      <button type="button" onClick={() => turn(1)} disabled={page === pages - 1} aria-label="Next page" data-testid="page-next"><Icon name="right" /></button>
    </nav>
  );
}
