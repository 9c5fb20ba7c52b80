import { expect, test } from "bun:test";
import { messageOf } from "@video-backend/service";
import { uploads } from "../database/schema.ts";
import { setup } from "../test-setup.ts";
import { moveUpload, transitions } from "./state.ts";
import { type UploadState, uploadStates } from "./store.ts";

test("only the transitions of the table are possible; a refused one names the state and changes nothing", async () => {
  await using upload = setup();
  const { database } = upload.deps;
  /** An upload in a state, whatever way it came there. */
  async function inState(state: UploadState): Promise<string> {
    const id = await upload.init(1);
    const sourceSizeBytes = state === "receiving" || state === "completing" ? null : 5;
    database.$client.run("update uploads set state = ?, source_size_bytes = ? where id = ?", [
      state,
      sourceSizeBytes,
      id,
    ]);
    return id;
  }
  for (const from of uploadStates) {
    for (const next of uploadStates) {
      const id = await inState(from);
      const sourceSizeBytes = next === "receiving" || next === "completing" ? null : 5;
      const move = moveUpload(upload.deps, id, next, { sourceSizeBytes });
      if (transitions[from].includes(next)) expect((await move).state).toBe(next);
      else {
        expect(await move.catch(messageOf)).toBe(`An upload that is ${from} cannot become ${next}`);
        expect((await upload.send(`GET /upload/${id}`)).body.state).toBe(from);
      }
    }
  }
});

test("the database refuses an unknown state, and a stored source without a size", async () => {
  await using upload = setup();
  await upload.init(1);
  const update = (set: string) => () => upload.deps.database.$client.run(`update uploads set ${set}`);
  expect(update("state = 'lost'")).toThrow("CHECK constraint failed: uploads_state");
  expect(update("state = 'stored'")).toThrow("CHECK constraint failed: uploads_source_size");
  expect(update("total_chunks = 0")).toThrow("CHECK constraint failed: uploads_total_chunks");
  expect(upload.deps.database.select().from(uploads).all()).toMatchObject([{ state: "receiving", totalChunks: 1 }]);
});
