import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

const dist = join(import.meta.dirname, "dist");

// The Go binary embeds dist and cannot compress while it serves, so every text
// file gets a .br and a .gz beside it. dist/.keep keeps go:embed satisfied in a
// clone where no page was built yet; emptying dist removed it.
function precompress(): Plugin {
  return {
    name: "causeway-precompress",
    apply: "build",
    closeBundle() {
      for (const name of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
        if (!/\.(html|js|css|svg)$/.test(name)) continue;
        const text = readFileSync(join(dist, name));
        if (text.length < 512) continue;
        const size = constants.BROTLI_PARAM_SIZE_HINT;
        writeFileSync(join(dist, name + ".br"), brotliCompressSync(text, { params: { [size]: text.length } }));
        writeFileSync(join(dist, name + ".gz"), gzipSync(text, { level: 9 }));
      }
      writeFileSync(join(dist, ".keep"), "");
    },
  };
}

export default defineConfig({
  build: {
    target: ["chrome116", "firefox124", "safari17.4"],
    assetsInlineLimit: 0, // the content policy allows no data: scripts or styles
    rollupOptions: { input: { index: "index.html", meet: "meet.html" } },
  },
  plugins: [precompress()],
  test: { include: ["test/**/*.test.ts"] },
} as Parameters<typeof defineConfig>[0]);
