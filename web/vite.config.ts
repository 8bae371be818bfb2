import { defineConfig } from "vite";

const server = process.env["UNDERPAINT_SERVER"] ?? "http://127.0.0.1:7860";
const proxied = ["/v1", "/sdapi", "/internal"];

export default defineConfig({
  base: "./",
  build: {
    outDir: process.env["UNDERPAINT_STATIC"] ?? "../underpaint/faces/web/static",
    emptyOutDir: true,
    target: "es2022",
    // The server's content policy allows no data: scripts, and small files are one request anyway.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      ...Object.fromEntries(proxied.map((path) => [path, server])),
      "/ws": { target: server.replace("http", "ws"), ws: true },
    },
  },
});
