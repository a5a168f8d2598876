// Every state of the pages, and how to get there in the mock.

const both = ["light", "dark"];
const m = "/m/kfwt-mcpd-rhxn";
const id = (page, name) => page.locator(`[data-testid="${name}"]:visible`).first();
const click = (page, name) => id(page, name).click();
const names = [
  "Amara Okafor", "Ben Castellan", "Chiara Rossi", "Dmitri Volkov", "Esi Mensah", "Femke de Vries", "Goran Petrović", "Hana Sato", "Idris Bello",
  "Jun Park", "Karla Hoffmann", "Liam O’Connor", "Mei Tanaka", "Noor Haddad", "Oskar Lund", "Priya Raman", "Quentin Faure", "Rosa Delgado",
  "Sam Whitaker", "Tuva Berg", "Umar Siddiqui", "Vera Novak", "Wes Carter", "Xin Zhao", "Yara Costa", "Zoltan Kiss",
];
const crowd = (n, more = () => ({})) =>
  Array.from({ length: n }, (_, i) => ({ name: names[i % names.length] + (i >= names.length ? ` ${Math.floor(i / names.length) + 1}` : ""), ...more(i) }));
const some = (n) => crowd(n, (i) => ({ camera: i % 4 !== 2, mic: i % 3 !== 1, speaks: i === 0 }));

async function join(page, name = "Nora Lindqvist") {
  await id(page, "name").fill(name);
  await click(page, "join");
  await page.locator('[data-state="in"]').waitFor();
  await page.waitForTimeout(1_400);
}

const outcome = (code, mock, act) => ({ name: `outcome-${code}`, path: m, mock, act, schemes: both });
const ended = (reason) => async (page) => {
  await join(page);
  await page.evaluate((r) => mock.tell({ type: "ended", reason: r }), reason);
  await id(page, "message").waitFor();
};
const tryJoin = async (page) => {
  await id(page, "name").fill("Ada");
  await click(page, "join");
  await id(page, "message").waitFor();
};
const room = (name, people, more = {}) => ({
  name: `room-${name}`, path: m, mock: { people, ...more.mock },
  act: async (page) => {
    await join(page);
    await more.act?.(page);
  },
  sizes: more.sizes, settle: more.settle,
});

export const scenes = [
  { name: "home-out", path: "/", mock: { answers: { "GET /api/me": [401, "signed-out"] } }, schemes: both, sizes: ["desk", "phone", "small"] },
  {
    name: "home-wrong-password", path: "/", mock: { answers: { "GET /api/me": [401, "signed-out"], "POST /api/login": [401, "login-failed"] } },
    act: async (page) => {
      await id(page, "email").fill("nora@harbour.example");
      await id(page, "password").fill("not this one");
      await click(page, "signin-submit");
      await page.locator('[data-code="login-failed"]').waitFor();
    },
  },
  {
    name: "home-bad-code", path: "/", mock: { answers: { "GET /api/me": [401, "signed-out"] } },
    act: async (page) => { await id(page, "join-code").fill("x"); await click(page, "join-code-go"); },
  },
  { name: "home-signed-out-note", path: "/", mock: { answers: { "GET /api/meetings": [401, "signed-out"] } }, settle: 700 },
  { name: "home-in", path: "/", schemes: both, settle: 700, sizes: ["desk", "phone", "small"] },
  { name: "home-empty", path: "/", mock: { list: "empty" }, settle: 600 },
  {
    name: "home-later", path: "/",
    act: async (page) => { await id(page, "create-title").fill("Budget 2026"); await click(page, "create-later"); await page.locator("[data-fresh]").waitFor(); await click(page, "copy-link"); },
    settle: 700,
  },
  { name: "home-offline", path: "/", mock: { answers: { "GET /api/meetings": "offline" } }, settle: 600 },
  { name: "home-loading", path: "/", mock: { answers: { "GET /api/meetings": "never" } }, settle: 600 },

  { name: "lobby", path: m, mock: { people: crowd(3) }, schemes: both, settle: 1200, sizes: ["desk", "phone", "small"] },
  { name: "lobby-guest", path: m, mock: { host: false, people: [] }, act: (page) => id(page, "name").fill("Ben"), settle: 900 },
  { name: "lobby-off", path: m, act: async (page) => { await page.waitForTimeout(500); await click(page, "btn-camera"); await click(page, "btn-mic"); }, settle: 500, schemes: both },
  { name: "lobby-asking", path: m, mock: { devices: "asking" }, settle: 500 },
  { name: "lobby-refused", path: m, mock: { devices: "refused" }, settle: 500, schemes: both },
  { name: "lobby-none", path: m, mock: { devices: "none" }, settle: 500 },
  { name: "lobby-busy", path: m, mock: { devices: "busy:video" }, settle: 500 },
  { name: "lobby-no-name", path: m, mock: { host: false }, act: async (page) => { await id(page, "name").fill(""); await click(page, "join"); }, settle: 700 },
  { name: "lobby-joining", path: m, mock: { answers: { "POST /api/meetings/ID/tickets": "never" } }, act: async (page) => { await id(page, "name").fill("Ada"); await click(page, "join"); }, settle: 600 },
  { name: "lobby-waiting", path: m, mock: { answers: { "POST /api/meetings/ID/tickets": [503, "zone-away"] } }, act: async (page) => { await id(page, "name").fill("Ada"); await click(page, "join"); }, settle: 800, schemes: both },
  { name: "lobby-focus", path: m, act: async (page) => { await id(page, "name").focus(); await page.keyboard.press("Tab"); }, settle: 700, schemes: both, sizes: ["desk"] },

  outcome("not-found", { answers: { "GET /api/meetings/ID": [404, "meeting-not-found"] } }),
  outcome("expired", { state: "expired" }),
  outcome("over", { state: "ended" }),
  outcome("no-webrtc", { noWebRTC: true }),
  outcome("full", { answers: { "POST /v1/meetings": [503, "meeting-full"] } }, tryJoin),
  outcome("zone-full", { answers: { "POST /v1/meetings": [503, "zone-full"] } }, tryJoin),
  outcome("ticket", { answers: { "POST /v1/meetings": [401, "ticket-invalid"] } }, tryJoin),
  outcome("ended-by-host", { people: crowd(2) }, ended("ended-by-host")),
  outcome("removed", { people: crowd(2) }, ended("removed")),
  outcome("replaced", { people: crowd(2) }, ended("replaced")),
  outcome("left", { host: false, people: crowd(2) }, async (page) => { await join(page); await click(page, "btn-leave"); }),

  room("alone", [], { sizes: ["desk", "phone", "small"] }),
  room("two", crowd(1, () => ({ speaks: true })), { sizes: ["desk", "phone", "small"] }),
  room("three", some(2)),
  room("five", some(4)),
  room("nine", some(8), { settle: 1200 }),
  room("twentyfive", some(24), { settle: 4500 }),
  room("paged", some(59), { settle: 3500 }),
  room("stage", [{ name: "Amara Okafor", screen: true, speaks: true }, ...some(6).slice(1)], { settle: 1500, sizes: ["desk", "phone", "small"] }),
  room("stage-many", [{ name: "Amara Okafor", screen: true, speaks: true }, ...some(20).slice(1)], { settle: 3500 }),
  room("pinned", some(5), { act: async (page) => { await page.locator('[data-name="Ben Castellan"]').hover(); await page.locator('[data-name="Ben Castellan"] [data-testid="tile-pin"]').click(); await page.mouse.move(2, 2); }, settle: 900 }),
  room("sharing", some(3), { act: async (page) => { await page.evaluate(() => document.activeElement.blur()); await page.keyboard.press("s"); }, settle: 1200, sizes: ["desk"] }),
  room("people", [{ name: "Amara Okafor", speaks: true }, ...some(6).slice(1), { name: "Lobby screen", kind: "whep" }, { name: "Stage camera", kind: "whip" }], { act: (page) => click(page, "btn-people"), settle: 900, sizes: ["desk", "phone", "small"] }),
  room("person-menu", some(4), { act: async (page) => { await click(page, "btn-people"); await click(page, "person-menu"); }, settle: 700 }),
  room("remove", some(4), { act: async (page) => { await click(page, "btn-people"); await click(page, "person-menu"); await click(page, "remove-person"); }, settle: 500 }),
  room("mic-menu", some(4), { act: (page) => click(page, "menu-mic"), sizes: ["desk"] }),
  room("camera-menu", some(4), { act: (page) => click(page, "menu-camera"), sizes: ["desk"] }),
  room("help", some(4), { act: (page) => click(page, "btn-help"), sizes: ["desk"] }),
  room("more", some(4), { act: (page) => click(page, "btn-more"), sizes: ["phone", "small"] }),
  room("leave-menu", some(4), { act: (page) => click(page, "btn-leave") }),
  room("confirm-end", some(4), { act: async (page) => { await click(page, "btn-leave"); await click(page, "end-for-all"); } }),
  room("muted", some(4), { act: async (page) => { await click(page, "btn-mic"); await click(page, "btn-camera"); } }),
  room("muted-by-host", some(4), { mock: { host: false }, act: (page) => page.evaluate(() => mock.tell({ type: "muted", kind: "mic", by: "Amara Okafor" })) }),
  room("news", some(4), {
    act: (page) => page.evaluate(() => {
      mock.tell({ type: "roster", joined: [{ id: "n1", name: "Tuva Berg", role: "participant", kind: "web", joined_ms: 900000, sources: [] }], left: ["p1"] });
    }),
  }),
  room("reconnecting", some(4), {
    act: async (page) => {
      await page.evaluate(() => { mock.answers["POST /api/meetings/ID/tickets"] = [503, "no-router"]; mock.pc.close(); });
      await page.locator('[data-state="reconnecting"]').waitFor();
    },
    settle: 1500,
  }),
  room("sound-blocked", some(3), { mock: { mute: true } }),
  {
    name: "returning", path: m, mock: { answers: { "POST /api/meetings/ID/tickets": "never" } },
    act: async (page) => {
      await page.evaluate(() => sessionStorage.setItem("causeway:place:kfwt-mcpd-rhxn", JSON.stringify({ name: "Ada", seat: "s", inside: true, micOn: true, cameraOn: true })));
      await page.reload();
    },
    settle: 700,
  },
];
