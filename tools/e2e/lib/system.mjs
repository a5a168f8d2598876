// The system under test: all of it in one process, or each role in its own.
import assert from "node:assert/strict";
import { Process, causeway, scratch } from "./process.mjs";

/** Starts `causeway up` on ports of its own choosing, with more flags if given. */
export async function up(t, { state = scratch(t), flags = [] } = {}) {
  const process = await Process.start(t, "up", "--json", "--state", state,
    "--public", "127.0.0.1:0", "--http", "127.0.0.1:0", "--media", "127.0.0.1:0", ...flags);
  return describe(process.info, { state, process });
}

// Tells what every kind of system has: where the pages are, who may sign in.
function describe(info, more) {
  const base = `http://${info.http}`;
  return { base, email: info.account, password: info.password, join: info.join_url, meeting: info.meeting, info, ...more };
}

/** A meeting of the system's first account: its id and the link. */
export async function newMeeting(system, title = "Weekly") {
  const cookie = await login(system);
  const response = await fetch(`${system.base}/api/meetings`, {
    method: "POST", body: JSON.stringify({ title }),
    headers: { "Content-Type": "application/json", Origin: system.base, Cookie: cookie },
  });
  assert.equal(response.status, 201, await response.clone().text());
  const { id } = await response.json();
  return { id, link: `${system.base}/m/${id}` };
}

async function login({ base, email, password }) {
  const response = await fetch(`${base}/api/login`, {
    method: "POST", body: JSON.stringify({ email, password }),
    headers: { "Content-Type": "application/json", Origin: base },
  });
  assert.equal(response.status, 200, await response.clone().text());
  return response.headers.getSetCookie().map((c) => c.split(";")[0]).join("; ");
}

/** A ticket from the command line, as a script would get it. */
export async function ticket(system, meeting, name, role = "participant") {
  const answer = await causeway("ticket", "--json", "--state", system.state, "--meeting", meeting, "--name", name, "--role", role);
  return answer.ticket;
}

/**
 * The roles as processes of their own, as on machines of their own. A role that
 * was killed starts again on its old state and ports.
 */
export class Roles {
  static async start(t) {
    const roles = new Roles();
    roles.t = t;
    roles.state = scratch(t); // the cloud's
    roles.zcState = scratch(t);
    roles.mmrState = scratch(t);
    roles.cloud = await Process.start(t, "cloud", "run", "--json", "--state", roles.state, "--public", "127.0.0.1:0", "--http", "127.0.0.1:0");
    Object.assign(roles, describe(roles.cloud.info));
    const { code } = await causeway("cloud", "pairing-code", "--json", "--state", roles.state);
    await roles.startZC("--cloud", roles.cloud.info.http_url, "--pair", code);
    const { token } = await causeway("node", "token", "--json", "--state", roles.zcState, "--role", "mmr", "--name", "mmr1");
    await roles.startMMR("--join", token);
    return roles;
  }

  async startZC(...flags) {
    const at = this.zc?.info ?? { public: "127.0.0.1:0", http: "127.0.0.1:0", node_api: "127.0.0.1:0" };
    this.zc = await Process.start(this.t, "zc", "run", "--json", "--state", this.zcState,
      "--public", at.public, "--http", at.http, "--node-api", at.node_api, ...flags);
  }

  async startMMR(...flags) {
    const at = this.mmr?.info ?? { http: "127.0.0.1:0", api: "127.0.0.1:0", media: "127.0.0.1:0" };
    this.mmr = await Process.start(this.t, "mmr", "run", "--json", "--state", this.mmrState,
      "--http", at.http, "--api", at.api, "--media", at.media, ...flags);
  }
}
