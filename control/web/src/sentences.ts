// What a person reads when something is not as it should be: what happened,
// and the way forward. No word of the trade (zone, router, ICE) in here.
import type { Trouble } from "./call/devices";

/** The button under a message. */
export type Way = "again" | "rejoin" | "move-here" | "home" | "copy";

export interface Message {
  title: string;
  text: string;
  ways: readonly Way[];
}

const messages: Record<string, Message> = {
  left: { title: "You left the meeting", text: "The others are still in. You can go back any time.", ways: ["rejoin", "home"] },
  "you-ended": { title: "You ended the meeting", text: "It’s over for everyone. Thanks for hosting.", ways: ["home"] },
  "ended-by-host": { title: "The host ended the meeting", text: "Thanks for coming. You can close this tab.", ways: ["home"] },
  removed: { title: "You were removed from the meeting", text: "The host took you out. If you think that was a mistake, get in touch with them.", ways: ["home"] },
  replaced: { title: "You’re in this meeting somewhere else", text: "It was opened in another tab or on another device, so it stopped here.", ways: ["move-here", "home"] },
  "meeting-not-found": { title: "We can’t find this meeting", text: "The link may be incomplete or mistyped. Check it with the person who sent it to you.", ways: ["home"] },
  "meeting-expired": { title: "This link has expired", text: "Meeting links stop working after a while. Ask the host for a new one.", ways: ["home"] },
  "meeting-ended": { title: "This meeting is over", text: "The host has ended it, so nobody can come in any more.", ways: ["home"] },
  "meeting-full": { title: "The meeting is full", text: "Every place is taken. As soon as someone leaves, you can come in.", ways: ["again", "home"] },
  "zone-full": { title: "No room for another meeting right now", text: "Your organisation’s meeting rooms are all in use. Try again in a few minutes, when one is free.", ways: ["again", "home"] },
  "no-router": { title: "The meeting service is starting up", text: "This usually takes a few seconds. We’ll try again by ourselves.", ways: ["home"] },
  "zone-away": { title: "The meeting service can’t be reached", text: "We’ll keep trying by ourselves. There’s nothing you need to do.", ways: ["home"] },
  "too-many-requests": { title: "One moment, please", text: "A lot of people are coming in at once. We’ll try again by ourselves.", ways: ["home"] },
  offline: { title: "No connection", text: "Check your network or Wi-Fi. We’ll keep trying by ourselves.", ways: ["home"] },
  "no-media-path": { title: "Sound and picture can’t get through", text: "We found the meeting, but your network blocks calls. Try another network, or switch off a VPN. Your IT team can open the way.", ways: ["again", "home"] },
  "no-webrtc": { title: "This browser can’t join meetings", text: "Open the link in a current version of Chrome, Edge, Firefox or Safari.", ways: ["copy"] },
  insecure: { title: "This address isn’t secure", text: "Browsers only allow a camera and microphone on addresses that begin with https. Ask the host for the https link.", ways: ["home"] },
  "signed-out": { title: "You’ve been signed out", text: "Sign in again to go on.", ways: ["home"] },
  "ticket-invalid": { title: "You couldn’t be let in", text: "Your place in the meeting could not be confirmed. Trying once more usually helps.", ways: ["again", "home"] },
  "offer-unacceptable": { title: "Your browser and the meeting don’t get along", text: "Update your browser, or open the link in another one.", ways: ["again", "home"] },
  internal: { title: "Something went wrong on our side", text: "It isn’t you. Try again in a moment.", ways: ["again", "home"] },
};

const same: Record<string, string> = {
  "ticket-missing": "ticket-invalid", "ticket-expired": "ticket-invalid", "ticket-used": "ticket-invalid",
  "ticket-wrong-zone": "ticket-invalid", "ticket-wrong-meeting": "ticket-invalid", forbidden: "ticket-invalid",
  "offer-invalid": "offer-unacceptable", "offer-too-large": "offer-unacceptable", "media-type": "offer-unacceptable",
  "not-leader": "no-router", shutdown: "no-router",
};

/** The message for a problem's code or an end reason; never undefined. */
export function messageFor(code: string): Message {
  return messages[code] ?? messages[same[code] ?? "internal"]!;
}

/** Why the microphone or camera is not there, and what to do about it. */
export function deviceSentence(what: "microphone" | "camera" | "camera and microphone", trouble: Trouble): string {
  const both = what === "camera and microphone";
  switch (trouble) {
    case "refused":
      return `Your browser is keeping the ${what} from this page. Click the icon beside the address, allow the ${what}, then try again.`;
    case "refused-system":
      return `Your computer doesn’t let the browser use the ${what}. Allow it in the system’s privacy settings, then try again.`;
    case "none":
      if (both) return "No camera and no microphone were found. Plug them in, or join to watch and listen.";
      return what === "camera"
        ? "No camera was found. Plug one in, or join without: others will see your initials."
        : "No microphone was found. Plug one in, or join to listen.";
    case "busy":
      return `Another program is using the ${what}. Close that program, then try again.`;
    case "gone":
      return `The ${what} ${both ? "were" : "was"} unplugged. Plug ${both ? "them" : "it"} in again, or choose another one.`;
    case "insecure":
      return `Browsers only allow a ${what} on addresses that begin with https.`;
    default:
      return `The ${what} couldn’t be started. Try again, or choose another one.`;
  }
}

/** Why signing in failed. */
export function signInSentence(code: string): string {
  switch (code) {
    case "login-failed":
      return "That email and password don’t go together. Check both and try again.";
    case "too-many-requests":
      return "Too many tries. Wait a minute, then try again.";
    case "offline":
      return "We can’t reach the server. Check your connection and try again.";
    default:
      return "Signing in didn’t work. Try again in a moment.";
  }
}
