/**
 * `bare-server.ts FILE PORT`: answers every request with this file from memory, under headers made once, and looks at nothing:
 * no address, no header, no file. What a server that looks at them takes longer is its own; what this one takes is Bun's.
 */
const [path = "", port = ""] = process.argv.slice(2);
const body = new Blob([await Bun.file(path).bytes()]);
const headers = new Headers({
  "content-type": "application/vnd.apple.mpegurl",
  "cache-control": "public, max-age=3600, must-revalidate",
  etag: '"1-1-1"',
  "last-modified": new Date().toUTCString(),
  "accept-ranges": "bytes",
});

Bun.serve({
  port: Number(port),
  hostname: "127.0.0.1",
  development: false,
  fetch: () => new Response(body, { headers }),
});
