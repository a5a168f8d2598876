// What runs inside a page to see what a person would see and hear there. It
// is given to pages as text: nothing in here may refer to anything outside.

/**
 * Keeps the page's peer connections where a test finds them (__peers), and a
 * trace of what it asked and heard (__trace).
 */
export function keepPeers() {
  window.__peers = [];
  window.__trace = [];
  const note = (what) => window.__trace.push(`${Math.round(performance.now())} ms ${String(what).slice(0, 300)}`);

  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(...args) {
      super(...args);
      window.__peers.push(this);
      const n = window.__peers.length;
      this.addEventListener("connectionstatechange", () => note(`connection ${n} ${this.connectionState}`));
    }

    createDataChannel(...args) {
      const channel = super.createDataChannel(...args);
      const send = channel.send;
      channel.send = (data) => (note(`> ${data}`), send.call(channel, data));
      for (const event of ["open", "close"]) channel.addEventListener(event, () => note(`channel ${event}`));
      channel.addEventListener("message", (e) => note(`< ${e.data}`));
      return channel;
    }
  };

  const fetch = window.fetch;
  window.fetch = async (...args) => {
    const what = `${args[1]?.method ?? "GET"} ${args[0]}`;
    note(what);
    try {
      const response = await fetch(...args);
      note(`${response.status} to ${what}`);
      return response;
    } catch (error) {
      note(`${error} to ${what}`);
      throw error;
    }
  };
}

/** Sums of the live peer connections' statistics. */
export async function stats() {
  const sum = { framesDecoded: 0, framesSent: 0, audioEnergy: 0, audioPackets: 0, keyFramesDecoded: 0, packetsLost: 0, nacks: 0 };
  for (const pc of window.__peers) {
    if (pc.connectionState === "closed") continue;
    for (const s of (await pc.getStats()).values()) {
      if (s.type === "inbound-rtp" && s.kind === "video") {
        sum.framesDecoded += s.framesDecoded ?? 0;
        sum.keyFramesDecoded += s.keyFramesDecoded ?? 0;
        sum.nacks += s.nackCount ?? 0;
      }
      if (s.type === "inbound-rtp" && s.kind === "audio") {
        sum.audioEnergy += s.totalAudioEnergy ?? 0;
        sum.audioPackets += s.packetsReceived ?? 0;
      }
      if (s.type === "inbound-rtp") sum.packetsLost += s.packetsLost ?? 0;
      if (s.type === "outbound-rtp" && s.kind === "video") sum.framesSent += s.framesSent ?? 0;
    }
  }
  return sum;
}

/**
 * Waits until a video element has shown `frames` more frames and returns what
 * was seen: the ground's colour at the left edge, and how many of the frames
 * differed from the one before. Rejects after ms.
 */
export function look(video, { frames, ms }) {
  const canvas = document.createElement("canvas");
  canvas.width = 64;
  canvas.height = 36;
  const g = canvas.getContext("2d", { willReadFrequently: true });
  return new Promise((resolve, reject) => {
    let seen = 0, changed = 0, before;
    const late = setTimeout(() => reject(new Error(`${seen} of ${frames} frames in ${ms} ms`)), ms);
    const frame = () => {
      g.drawImage(video, 0, 0, 64, 36);
      const { data } = g.getImageData(0, 0, 64, 36);
      let apart = 0;
      if (before) for (let i = 0; i < data.length; i += 4) apart += Math.abs(data[i] - before[i]) > 24 || Math.abs(data[i + 1] - before[i + 1]) > 24 ? 1 : 0;
      if (apart > 4) changed++;
      before = data;
      if (++seen < frames) return video.requestVideoFrameCallback(frame);
      clearTimeout(late);
      const at = (18 * 64 + 4) * 4;
      resolve({ ground: [data[at], data[at + 1], data[at + 2]], changed, width: video.videoWidth, height: video.videoHeight });
    };
    video.requestVideoFrameCallback(frame);
  });
}
