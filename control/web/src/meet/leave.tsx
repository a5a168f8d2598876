// Leaving. A guest simply goes; a host chooses, and ending for all asks once more.
import { useState } from "preact/hooks";
import { Problem } from "../problem";
import { messageFor } from "../sentences";
import { Dialog } from "../ui/dialog";
import { Icon } from "../ui/icons";
import { Popover } from "../ui/popover";
import { useMeet } from "./context";

export function Leave() {
  const { store, call } = useMeet();
  const [asking, setAsking] = useState(false);
  if (!store.roster.value.host) {
    return (
      <button type="button" class="stone leave" onClick={() => call.leave()} data-testid="btn-leave" aria-label="Leave the meeting" title="Leave">
        <Icon name="leave" /><span class="stone-text">Leave</span>
      </button>
    );
  }
  const button = <><Icon name="leave" /><span class="stone-text">Leave</span></>;
  return (
    <>
      <Popover label="Leave the meeting" button={button} class="stone leave" testid="btn-leave" panelClass="from-right">
        {(close) => (
          <>
            <button type="button" role="menuitem" class="menu-item tall" onClick={() => call.leave()} data-testid="leave-only">
              <Icon name="leave" size={20} /><span>Leave<small>The others stay</small></span>
            </button>
            <button type="button" role="menuitem" class="menu-item tall grave" onClick={() => { close(); setAsking(true); }} data-testid="end-for-all">
              <Icon name="close" size={20} /><span>End for everyone<small>Nobody can come back in</small></span>
            </button>
          </>
        )}
      </Popover>
      {asking && <ConfirmEnd onClose={() => setAsking(false)} />}
    </>
  );
}

function ConfirmEnd({ onClose }: { onClose: () => void }) {
  const { store, call } = useMeet();
  const [busy, setBusy] = useState(false);
  const others = store.roster.value.people.length - 1;
  const end = async () => {
    setBusy(true);
    try {
      await call.endForAll();
    } catch (error) {
      store.toast(messageFor(error instanceof Problem ? error.code : "internal").title, "bad");
      onClose();
    }
  };
  return (
    <Dialog label="End the meeting for everyone?" onClose={onClose}>
      <h2>End the meeting for everyone?</h2>
      <p>{others > 0 ? `${others === 1 ? "One other person is" : `${others} other people are`} still in. ` : ""}The link stops working.</p>
      <div class="dialog-ways">
        <button type="button" class="button quiet" onClick={onClose} data-testid="end-cancel">Keep going</button>
        <button type="button" class="button grave" onClick={end} disabled={busy} data-testid="end-confirm">End for everyone</button>
      </div>
    </Dialog>
  );
}
