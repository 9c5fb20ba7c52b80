/** Says which service is away and what that means; gone as soon as it is back. */
import { useSignal, useSignalEffect } from "@preact/signals";
import { texts } from "../texts.ts";
import { announce } from "./announce.tsx";
import { Icon } from "./icons.tsx";
import { serviceNames } from "./settings.ts";
import { type Vitals, vitals } from "./vitals.ts";

export function TroubleBanner() {
  const wasIll = useSignal(false);
  useSignalEffect(() => {
    const isWell = vitals.value?.isWell ?? true;
    if (isWell && wasIll.peek()) announce(texts.trouble.healed);
    wasIll.value = !isWell;
  });
  const sentences = vitals.value ? sentencesOf(vitals.value) : [];
  return (
    <div class="trouble" role="alert">
      {sentences.map((sentence) => (
        <p key={sentence}>
          <Icon name="alert" />
          {sentence}
        </p>
      ))}
    </div>
  );
}

/** Where admin is away nothing is known of the others. */
function sentencesOf({ services, storage }: Vitals): string[] {
  if (services.admin.status !== "healthy") return [texts.trouble.admin];
  const ill = serviceNames.filter((name) => services[name].status !== "healthy");
  const sentences = ill.map((name) => {
    const { status, reason } = services[name];
    return status === "unhealthy" && reason ? texts.trouble.sick(name, reason) : texts.trouble[name];
  });
  return storage.originals && storage.hls ? sentences : [...sentences, texts.trouble.storage];
}
