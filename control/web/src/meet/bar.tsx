// The bottom bar: seven stones to step on.
import { CopyButton } from "../ui/copy";
import { Icon } from "../ui/icons";
import { Popover } from "../ui/popover";
import { togglePeople, toggleShare } from "./actions";
import { useMeet } from "./context";
import { DeviceFields } from "./devicefields";
import { DeviceMenu } from "./devicemenu";
import { Leave } from "./leave";
import { shortcuts } from "./shortcuts";
import { Toggle } from "./toggle";

export function Bar() {
  const meet = useMeet();
  const { store, link, media } = meet;
  const sharing = media.screen.value !== null;
  const people = store.roster.value.people.length;
  const peopleOpen = store.panel.value === "people";
  const share = sharing ? "Stop sharing" : "Share your screen";
  return (
    <div class="bar" role="toolbar" aria-label="Meeting controls" data-testid="bar">
      <div class="bar-side bar-left">
        <Help />
      </div>
      <div class="bar-mid">
        <div class="pair"><Toggle what="mic" shortcut="M" /><DeviceMenu what="mic" /></div>
        <div class="pair"><Toggle what="camera" shortcut="V" /><DeviceMenu what="camera" /></div>
        {media.canShare && (
          <button
            type="button" class="stone" onClick={() => void toggleShare(meet)} data-testid="btn-share" data-active={sharing}
            aria-label={share} title={`${share} (S)`} aria-keyshortcuts="S"
          >
            <Icon name={sharing ? "share-stop" : "share"} />
          </button>
        )}
        <button
          type="button" class="stone" onClick={() => togglePeople(meet)} data-testid="btn-people" data-active={peopleOpen}
          aria-label={`People, ${people} here`} title="People (P)" aria-keyshortcuts="P" aria-expanded={peopleOpen}
        >
          <Icon name="people" /><span class="stone-count" aria-hidden="true">{people}</span>
        </button>
        <CopyButton link={link} class="stone wide-only" testid="btn-link" bare onCopied={() => store.toast("Link copied. Paste it wherever you like.", "good")} />
        <More />
      </div>
      <div class="bar-side bar-right"><Leave /></div>
    </div>
  );
}

function Help() {
  return (
    <Popover label="Keyboard shortcuts" button={<Icon name="keys" />} class="stone ghost wide-only" testid="btn-help" role="dialog" panelClass="from-left">
      {() => (
        <dl class="keys">
          {shortcuts.map(([key, does]) => <div key={key}><dt><kbd>{key}</kbd></dt><dd>{does}</dd></div>)}
        </dl>
      )}
    </Popover>
  );
}

// On a phone: what does not fit into the bar.
function More() {
  const { link } = useMeet();
  return (
    <Popover label="More" button={<Icon name="dots" />} class="stone small-only" testid="btn-more" role="dialog" panelClass="from-right more">
      {() => (
        <>
          <CopyButton link={link} class="button quiet wide" label="Copy link" testid="btn-link-small" />
          <DeviceFields />
        </>
      )}
    </Popover>
  );
}
