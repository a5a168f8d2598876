// One tile: somebody's camera or screen, or their initials.
import { useMemo, useRef } from "preact/hooks";
import { sends, slotOf } from "../call/roster";
import type { Tile } from "../call/tiles";
import { Avatar } from "../ui/avatar";
import { Icon } from "../ui/icons";
import { useMeet } from "./context";
import { px } from "./size";
import { Video } from "./video";

interface Props {
  tile: Tile;
  box?: { width: number; height: number };
  onStage?: boolean;
}

export function TileView({ tile, box, onStage = false }: Props) {
  const { store } = useMeet();
  const root = useRef<HTMLDivElement>(null);
  const { participant: p, kind, mine } = tile;
  const { stream, source } = useShown(tile);
  const pin = () => (store.pinned.value = store.pinned.value === tile.key ? "" : tile.key);
  const muted = kind === "camera" && !sends(p, "mic");
  const speaking = kind === "camera" && !muted && store.roster.value.speakers.has(p.id);
  const who = mine ? `${p.name} (you)` : p.name;
  const what = kind === "screen" ? `${mine ? "Your" : `${p.name}’s`} screen` : who;
  return (
    <div
      class="tile" ref={root} onDblClick={(e) => !(e.target as Element).closest("button") && pin()} {...(box && { style: px(box) })} role="group" aria-label={kind === "camera" && muted ? `${what}, muted` : what}
      data-testid="tile" data-participant={p.id} data-name={p.name} data-kind={kind} data-mine={mine}
      data-source={source} data-speaking={speaking} data-muted={muted} data-video={stream !== null}
    >
      {kind === "camera" && <Avatar id={p.id} name={p.name} />}
      {kind === "screen" && !stream && <div class="tile-wait"><i class="spinner" /> Waiting for the picture…</div>}
      {stream && <Video stream={stream} label={what} mirrored={mine && kind === "camera"} remote={!mine} source={source} />}
      <div class="tile-foot">
        {muted && <span class="tile-muted"><Icon name="mic-off" size={16} /></span>}
        {speaking && <span class="tile-voice"><i /><i /><i /></span>}
        <span class="tile-name">{mine && kind === "camera" ? "You" : what}</span>
      </div>
      <TileWays tile={tile} onStage={onStage} root={root} />
    </div>
  );
}

// My own picture comes from the device, everybody else's from the slot that
// shows their source now.
function useShown(tile: Tile): { stream: MediaStream | null; source: number | undefined } {
  const { store, media } = useMeet();
  const own = tile.kind === "camera" ? media.camera.value : media.screen.value;
  const ownStream = useMemo(() => (tile.mine && own ? new MediaStream([own]) : null), [tile.mine, own]);
  if (tile.mine) return { stream: ownStream, source: tile.source };
  const mid = tile.source === undefined ? undefined : slotOf(store.roster.value, tile.source);
  return { stream: (mid !== undefined && store.streams.value.get(mid)) || null, source: tile.source };
}

function TileWays({ tile, onStage, root }: { tile: Tile; onStage: boolean; root: { current: HTMLDivElement | null } }) {
  const { store } = useMeet();
  const pinned = store.pinned.value === tile.key;
  const name = tile.participant.name;
  return (
    <div class="tile-ways">
      {(!onStage || pinned) && (
        <button
          type="button" onClick={() => (store.pinned.value = pinned ? "" : tile.key)} data-testid="tile-pin"
          aria-label={pinned ? "Back to everyone" : `Show ${name} large`} title={pinned ? "Back to everyone" : "Show large"}
        >
          <Icon name={pinned ? "unpin" : "pin"} size={18} />
        </button>
      )}
      {onStage && document.fullscreenEnabled && (
        <button
          type="button" aria-label="Full screen" title="Full screen" data-testid="tile-fullscreen"
          onClick={() => void (document.fullscreenElement ? document.exitFullscreen() : root.current?.requestFullscreen())}
        >
          <Icon name="expand" size={18} />
        </button>
      )}
    </div>
  );
}
