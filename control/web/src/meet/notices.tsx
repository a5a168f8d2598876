// What lies over the picture: the connection, my own sharing, blocked sound, news.
import { messageFor } from "../sentences";
import { Icon } from "../ui/icons";
import { toggleShare } from "./actions";
import { useMeet } from "./context";
import { unlockSound } from "./sound";

const patientTries = 3;

export function Notices() {
  const meet = useMeet();
  const { store, media } = meet;
  const waiting = store.waiting.value;
  const unlock = async () => {
    if (await unlockSound()) store.soundBlocked.value = false;
  };
  return (
    <div class="notices">
      {store.phase.value === "reconnecting" && (
        <div class="banner" data-testid="banner-reconnecting">
          <i class="spinner" />
          <span><b>Reconnecting…</b>{waiting && waiting.tries >= patientTries && ` ${messageFor(waiting.code).title}. We keep trying.`}</span>
        </div>
      )}
      {media.screen.value && (
        <div class="banner calm" data-testid="banner-sharing">
          <Icon name="share" size={20} />
          <span>You’re sharing your screen</span>
          <button type="button" class="button small quiet" onClick={() => void toggleShare(meet)}>Stop</button>
        </div>
      )}
      {store.soundBlocked.value && (
        <div class="banner calm" role="alert" data-testid="banner-sound">
          <Icon name="speaker-off" size={20} />
          <span>Your browser keeps the sound off until you click.</span>
          <button type="button" class="button small main" onClick={unlock} data-testid="audio-unlock">Turn sound on</button>
        </div>
      )}
      <div class="toasts">
        {store.toasts.value.map((t) => <p key={t.id} class="toast" data-tone={t.tone} data-testid="toast">{t.text}</p>)}
      </div>
    </div>
  );
}
