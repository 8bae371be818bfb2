// Fails unless the committed page is what the sources build to.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { tmpdir } from "node:os";
import { join } from "node:path";

const COMMITTED = "../underpaint/faces/web/static";
const MOST = 120 * 1024;

const fresh = mkdtempSync(join(tmpdir(), "underpaint-page-"));
try {
  execFileSync("npx", ["vite", "build", "--logLevel", "error"], {
    env: { ...process.env, UNDERPAINT_STATIC: fresh },
    stdio: "inherit",
  });
  const [built, committed] = [contents(fresh), contents(COMMITTED)];
  const names = new Set([...built.keys(), ...committed.keys()]);
  const stale = [...names].filter((name) => !committed.get(name)?.equals(built.get(name) ?? Buffer.alloc(0)));
  if (stale.length)
    fail(`The page is not what its sources build to; run npm run build. It differs in: ${stale.join(", ")}`);

  const sent = [...built].filter(([name]) => /\.(js|css|html)$/.test(name));
  const size = sent.reduce((sum, [, bytes]) => sum + gzipSync(bytes).length, 0);
  if (size > MOST) fail(`The page is ${size} bytes gzipped; it may be ${MOST}.`);
  console.log(`The page is up to date: ${(size / 1024).toFixed(1)} KB gzipped.`);
} finally {
  rmSync(fresh, { recursive: true });
}

/** Every file below a folder, by its path there. */
function contents(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return new Map(
    entries.map((entry) => {
      const path = join(entry.parentPath ?? entry.path, entry.name);
      return [path.slice(join(folder).length + 1), readFileSync(path)];
    }),
  );
}

function fail(sentence) {
  console.error(sentence);
  process.exitCode = 1;
}
