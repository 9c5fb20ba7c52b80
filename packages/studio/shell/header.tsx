/** The head of every page: where one may go, how uploads are getting on, and the button that begins one. */

import { texts } from "../texts.ts";
import { chooseFiles } from "../upload/choose-files.ts";
import { busyUploads, uploads } from "../upload/uploads.ts";
import { announce } from "./announce.tsx";
import { sentenceOf } from "./ask.ts";
import { percent } from "./format.ts";
import { Icon } from "./icons.tsx";
import { location, pages } from "./location.ts";
import { logOut, may, needsKey, session } from "./session.ts";
import { here } from "./settings.ts";
import { ThemeButton } from "./theme.tsx";
import { vitals } from "./vitals.ts";

export function Header() {
  const { path } = location.value;
  const upload = async () => uploads.add(await chooseFiles());
  return (
    <header class="top">
      <a class="brand" href={here(pages.library)}>
        {texts.name}
      </a>
      <nav aria-label={texts.nav.label}>
        <a href={here(pages.library)} aria-current={path === pages.library ? "page" : undefined}>
          {texts.nav.library}
        </a>
        <a href={here(pages.system)} aria-current={path === pages.system ? "page" : undefined}>
          {texts.nav.system}
          {vitals.value?.isWell === false && <span class="dot bad" />}
        </a>
        {may("admin") && (
          <a href={here(pages.webhooks)} aria-current={path === pages.webhooks ? "page" : undefined}>
            {texts.nav.webhooks}
          </a>
        )}
        {needsKey && may("admin") && (
          <a href={here(pages.keys)} aria-current={path === pages.keys ? "page" : undefined}>
            {texts.nav.keys}
          </a>
        )}
      </nav>
      <div class="top-end">
        {path !== pages.library && <UploadSummary />}
        <ThemeButton />
        {session.value?.key && <LogOutButton name={session.value.key.name} />}
        {may("upload") && (
          <button type="button" class="primary" onClick={upload}>
            <Icon name="upload" />
            {texts.upload.button}
          </button>
        )}
      </div>
    </header>
  );
}

function LogOutButton({ name }: { name: string }) {
  const label = texts.login.out(name);
  const leave = async () => {
    try {
      for (const upload of busyUploads.peek()) uploads.pause(upload);
      await logOut();
      // Nothing that was read with the session stays.
      globalThis.location.reload();
    } catch (error) {
      announce(sentenceOf(error), "bad");
    }
  };
  return (
    <button type="button" class="quiet" title={label} aria-label={label} onClick={leave}>
      <Icon name="leave" />
    </button>
  );
}

/** On other pages than the one that lists them. */
function UploadSummary() {
  const busy = busyUploads.value;
  if (busy.length === 0) return null;
  const sent = busy.reduce((sum, upload) => sum + upload.sentBytes.value, 0);
  const all = busy.reduce((sum, upload) => sum + upload.sizeBytes, 0);
  return (
    <a class="upload-summary" href={here(pages.library)}>
      {texts.upload.busy(busy.length, percent(sent, all))}
    </a>
  );
}
