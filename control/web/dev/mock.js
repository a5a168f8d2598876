// A cloud, a zone, a router and its people, all inside the page: for looking
// at every state without a system. Injected before the page's own scripts by
// shots.mjs; no file of src knows of it, and it never ships.
//
// window.mock is set by shots.mjs: { me, host, people: [{name, camera, mic,
// speaks, screen, role, kind}], answers: {"METHOD path": [status, code]}, devices }.
(() => {
  const mock = Object.assign({ me: "Nora Lindqvist", host: true, people: [], answers: {}, devices: "fine", title: "Harbour works, weekly" }, window.mock);
  window.mock = mock;
  const realFetch = window.fetch.bind(window);
  const json = (status, body, headers = {}) =>
    new Response(status === 204 ? null : JSON.stringify(body), { status, headers: { "Content-Type": "application/json", ...headers } });
  const problem = (status, code) => json(status, { code, status, detail: "" }, { "Content-Type": "application/problem+json", ...(status === 503 ? { "Retry-After": "3" } : {}) });
  const day = 86_400_000;
  const iso = (ms) => new Date(Date.now() + ms).toISOString();
  const meeting = (id, title, more = {}) => ({
    id, title, join_url: `${location.origin}/m/${id}`, host: true, host_name: mock.me, state: "open", live: false, participants: 0,
    created: iso(-day), expires: iso(5 * day), ...more,
  });
  const lists = {
    full: [
      meeting("kfwt-mcpd-rhxn", "Harbour works, weekly", { live: true, participants: 7 }),
      meeting("bnqa-wxyz-tkhe", "Interview: site engineer", { expires: iso(2 * day) }),
      meeting("pdca-hjkm-ffrt", "", { expires: iso(20 * day) }),
      meeting("tthx-nnbe-kkaw", "Tender review with the harbour office and both of the contractors", { state: "ended" }),
      meeting("wwce-mmrt-aabd", "Handover, night shift", { state: "expired" }),
    ],
    empty: [],
  };

  window.fetch = async (input, init = {}) => {
    const url = new URL(typeof input === "string" ? input : input.url, location.href);
    const method = (init.method ?? "GET").toUpperCase();
    const key = `${method} ${url.pathname.replace(/(meetings)\/[a-z0-9-]+/, "$1/ID")}`;
    const short = Object.keys(mock.answers).find((k) => key === k || key.startsWith(`${k}/`));
    if (short) {
      const answer = mock.answers[short];
      if (answer === "never") return new Promise(() => {});
      if (answer === "offline") throw new TypeError("no network");
      return problem(...answer);
    }
    if (key === "GET /api/me" || key === "POST /api/login") return json(200, { account: { id: "a1", email: "nora@harbour.example", name: mock.me } });
    if (key === "POST /api/logout") return json(204);
    if (key === "GET /api/meetings") return json(200, { meetings: lists[mock.list ?? "full"] });
    if (key === "POST /api/meetings") {
      const { title = "" } = JSON.parse(init.body);
      lists.full.unshift(meeting("zzht-qwer-nnmm", title));
      return json(201, lists.full[0]);
    }
    if (/tickets$/.test(url.pathname)) {
      const { name } = JSON.parse(init.body);
      mock.me = name;
      return json(201, { ticket: "t", seat: "seat", participant: { id: "me", name, role: mock.host ? "host" : "participant" }, meeting: { id: "m", title: mock.title }, zone_urls: [""] });
    }
    if (/\/end$/.test(url.pathname)) return json(204);
    if (/^\/api\/meetings\//.test(url.pathname)) {
      return json(200, { id: "kfwt-mcpd-rhxn", title: mock.title, host_name: mock.hostName ?? "Nora Lindqvist", state: mock.state ?? "open", live: mock.people.length > 0, participants: mock.people.length, you_host: mock.host });
    }
    if (/\/sessions$/.test(url.pathname) && method === "POST") {
      const answer = await router(init.body);
      const headers = { Location: `${url.pathname}/s1`, "Content-Type": "application/sdp" };
      return Object.defineProperty(new Response(answer, { status: 201, headers }), "url", { value: url.href });
    }
    if (method === "DELETE") return json(204);
    return realFetch(input, init);
  };

  // The router: a second peer connection in the same page.
  async function router(offer) {
    const pc = new RTCPeerConnection();
    mock.pc = pc;
    await pc.setRemoteDescription({ type: "offer", sdp: offer });
    const lanes = pc.getTransceivers();
    const audio = lanes.filter((t) => t.receiver.track.kind === "audio").slice(2);
    const video = lanes.filter((t) => t.receiver.track.kind === "video").slice(2);
    for (const t of [...audio, ...video]) t.direction = "sendonly";
    mock.video = video;
    pc.ondatachannel = ({ channel }) => {
      mock.channel = channel;
      channel.onmessage = ({ data }) => hear(JSON.parse(data));
      const greet = () => welcome(video);
      if (channel.readyState === "open") greet();
      else channel.onopen = greet;
    };
    await pc.setLocalDescription();
    if (pc.iceGatheringState !== "complete") {
      await new Promise((done) => (pc.onicegatheringstatechange = () => pc.iceGatheringState === "complete" && done()));
    }
    return pc.localDescription.sdp;
  }

  const tell = (m) => mock.channel.readyState === "open" && mock.channel.send(JSON.stringify(m));
  mock.tell = tell;
  const me = { id: "me", kind: "web", joined_ms: 754_000, sources: [1, 2, 3, 4].map((id, i) => ({ id, kind: ["mic", "camera", "screen", "screen-audio"][i], muted: true })) };

  function welcome(video) {
    let source = 10;
    const people = mock.people.map((p, i) => {
      const sources = [{ id: source++, kind: "mic", muted: p.mic === false }, { id: source++, kind: "camera", muted: p.camera === false }];
      if (p.screen) sources.push({ id: source++, kind: "screen", muted: false });
      return { id: `p${i}`, name: p.name, role: p.role ?? "participant", kind: p.kind ?? "web", joined_ms: i * 1000, sources: p.kind === "whep" ? [] : sources };
    });
    mock.roster = people;
    const shown = people.flatMap((p, i) => p.sources.filter((s) => !s.muted && s.kind !== "mic").map((s) => ({ p, i, s })))
      .sort((a, b) => (b.s.kind === "screen") - (a.s.kind === "screen"));
    const slots = shown.slice(0, video.length).map(({ p, i, s }, n) => {
      void video[n].sender.replaceTrack(s.kind === "screen" ? slides() : film(mock.people[i].name, i));
      return { mid: video[n].mid, kind: "video", source: s.id, participant: p.id };
    });
    me.name = mock.me;
    me.role = mock.host ? "host" : "participant";
    tell({ type: "welcome", participant: "me", session: "s1", role: me.role, meeting: "m", participants: [...people, me], slots });
    const speaking = mock.people.flatMap((p, i) => (p.speaks ? [`p${i}`] : []));
    tell({ type: "speakers", participants: speaking, dominant: speaking[0] ?? "" });
  }

  function hear(m) {
    if (m.type === "source") {
      me.sources.find((s) => s.kind === m.kind).muted = m.muted;
      tell({ type: "roster", changed: [me] });
    }
    if (mock.deaf) return;
    if (m.id !== undefined) tell({ type: "ok", id: m.id });
    if (m.type === "end") tell({ type: "ended", reason: "ended-by-host" });
  }

  // People, drawn: a wall, a window or shelf, shoulders, a head, hair.
  const { film, slides } = window.drawn;

  // My own devices.
  const md = navigator.mediaDevices;
  const realUser = md.getUserMedia.bind(md);
  const refusal = { refused: ["NotAllowedError", "Permission denied"], system: ["NotAllowedError", "Permission denied by system"], none: ["NotFoundError", ""], busy: ["NotReadableError", ""] };
  md.getUserMedia = async (want) => {
    if (mock.devices === "asking") return new Promise(() => {});
    const [what, only] = mock.devices.split(":");
    if (refusal[what] && (!only || want[only])) throw new DOMException(refusal[what][1], refusal[what][0]);
    const stream = new MediaStream();
    if (want.audio) stream.addTrack((await realUser({ audio: true })).getAudioTracks()[0]);
    if (want.video) stream.addTrack(film(mock.me, 4, 1280, 720));
    return stream;
  };
  md.getDisplayMedia = async () => new MediaStream([slides()]);
  if (mock.devices.startsWith("none")) md.enumerateDevices = async () => [];
  else md.enumerateDevices = async () => [
    ["audioinput", "m1", "Built-in microphone"], ["audioinput", "m2", "Jabra Speak 510"], ["videoinput", "c1", "Integrated camera"],
    ["videoinput", "c2", "Logitech Brio"], ["audiooutput", "s1", "Built-in speakers"], ["audiooutput", "s2", "Jabra Speak 510"],
  ].map(([kind, deviceId, label]) => ({ kind, deviceId, label }));
  if (mock.noWebRTC) delete window.RTCPeerConnection;
  if (mock.mute) HTMLMediaElement.prototype.play = function () { return this.tagName === "AUDIO" ? Promise.reject(new DOMException("", "NotAllowedError")) : Promise.resolve(); };
})();
