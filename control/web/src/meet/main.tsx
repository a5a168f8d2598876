import { render } from "preact";
import "../style/tokens.css";
import "../style/base.css";
import "../style/scene.css";
import "../style/lobby.css";
import "../style/room.css";
import { Call } from "../call/call";
import { Media } from "../call/media";
import { recall } from "../call/seat";
import { newStore } from "../call/state";
import { type Meet, MeetContext } from "./context";
import { Page } from "./page";

/** The meeting id in /m/{id}; "" when there is none. */
function meetingId(path: string): string {
  return decodeURIComponent(/^\/m\/([^/]+)\/?$/.exec(path)?.[1] ?? "");
}

const id = meetingId(location.pathname);
const store = newStore();
const media = new Media(navigator.mediaDevices, localStorage);
const call = new Call(id, store, media, sessionStorage, localStorage);
const meet: Meet = {
  id, store, media, call,
  link: `${location.origin}/m/${id}`,
  place: recall(sessionStorage, id),
};

// The Navigation API tells a reload from leaving; where it is missing, the
// router hears of every goodbye, and a reload shows as leaving and coming back.
let reloading = false;
(window as { navigation?: EventTarget }).navigation?.addEventListener("navigate", (event) => {
  if ((event as Event & { navigationType?: string }).navigationType === "reload") reloading = true;
});
addEventListener("pagehide", (event) => {
  if (!event.persisted) call.pageGone(reloading);
});

render(
  <MeetContext.Provider value={meet}>
    <Page />
  </MeetContext.Provider>,
  document.getElementById("app")!,
);
