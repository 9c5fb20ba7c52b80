import { expect, test } from "bun:test";
import { readSetup } from "./services.ts";
import { welcome } from "./welcome.ts";

test.each([
  ["", undefined],
  ["keys", "Bearer vb_mine"],
])(
  "with AUTH=%s the lines to copy are a real upload, in a real shell with a real curl",
  async (mode, authorization) => {
    const seen: string[] = [];
    const keys = new Set<string | undefined>();
    const server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      async fetch(request) {
        const form = await request.formData();
        keys.add(request.headers.get("authorization") ?? undefined);
        const fields = [...form].map(([name, value]) => `${name}=${value instanceof File ? value.name : value}`);
        seen.push(`${new URL(request.url).pathname} ${fields.join(" ")}`);
        return Response.json({ upload_id: "id_of-it" });
      },
    });
    const text = welcome(readSetup({ UPLOAD_PORT: String(server.port), ...(mode && { AUTH: mode }) }));
    expect(text.includes("A key is needed")).toBe(mode === "keys");
    const lines = text.split("\n").filter((line) => /^ {2}(ID=|curl|echo)/.test(line));
    const shell = Bun.spawn(["sh", "-ec", [`F='${import.meta.path}' KEY=vb_mine`, ...lines].join("\n")], {
      stderr: "ignore",
    });
    expect(await new Response(shell.stdout).text()).toEndWith("http://127.0.0.1:8004/stream/id_of-it/master.m3u8\n");
    await server.stop(true);
    expect([...keys]).toEqual([authorization]);
    expect(seen).toEqual([
      "/upload/init filename=welcome.test.ts total_chunks=1",
      "/upload/chunk upload_id=id_of-it index=0 file=welcome.test.ts",
      "/upload/complete upload_id=id_of-it",
    ]);
  },
);
