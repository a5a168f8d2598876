import { messageFor } from "../sentences";
import { Mark } from "../ui/logo";
import { useMeet } from "./context";

/** After a reload: going back in without asking again. */
export function Returning() {
  const { store, call, media } = useMeet();
  const waiting = store.waiting.value;
  return (
    <main class="returning" data-testid="returning">
      <Mark size={56} />
      <h1>Taking you back in…</h1>
      <p>{media.asking.value ? "Your browser is asking for the camera and microphone." : waiting ? messageFor(waiting.code).text : "Same name, same place."}</p>
      <button type="button" class="button quiet" onClick={() => call.cancel()}>Stop</button>
    </main>
  );
}
