// Serves dist the way web.go does, with the very policy that it sends.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";

const here = import.meta.dirname;
const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

function policy() {
  const source = readFileSync(join(here, "../web.go"), "utf8");
  const [, text] = /const policy = ((?:"[^"]*"[\s+]*)+)/.exec(source);
  return [...text.matchAll(/"([^"]*)"/g)].map((m) => m[1]).join("");
}

/** Starts on a free loopback port; resolves with its origin and close(). */
export function serve() {
  const csp = policy();
  const server = createServer((request, response) => {
    const path = new URL(request.url, "http://x").pathname;
    const file = path === "/" ? "index.html" : /^\/m\/[^/]+$/.test(path) ? "meet.html" : path.slice(1);
    try {
      const body = readFileSync(join(here, "../dist", file));
      response.writeHead(200, { "Content-Type": types[extname(file)] ?? "application/octet-stream", "Content-Security-Policy": csp });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve({ origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() })));
}
