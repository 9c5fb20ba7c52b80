/** Says what the key does not allow, and why buttons are missing. */
import { Icon } from "../shell/icons.tsx";
import { may, session } from "../shell/session.ts";
import { texts } from "../texts.ts";

const words = texts.access;

export function Limits() {
  const missing = (["read", "upload", "write"] as const).filter((scope) => !may(scope));
  const { key } = session.value ?? {};
  if (!key || missing.length === 0) return null;
  return (
    <p class="limits">
      <Icon name="lock" />
      {words.limits(
        key.name,
        missing.map((scope) => words.lacks[scope]),
      )}
    </p>
  );
}

/** In place of a page that the key may not read. */
export function NotForThisKey({ scope }: { scope: "read" | "admin" }) {
  return (
    <section class="blank">
      <h1>{words.notForThisKey}</h1>
      <p>{words.needs[scope]}</p>
    </section>
  );
}
