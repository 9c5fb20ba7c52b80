/** How the system is: services, encoders, queue, disk, and what went wrong. */
import { useTitle } from "../shell/use-title.ts";
import { texts } from "../texts.ts";
import { Encoders, useEncoders } from "./encoders.tsx";
import { Faults } from "./faults.tsx";
import { QueueAndDisk } from "./queue.tsx";
import { Services } from "./services.tsx";

export function SystemPage() {
  useTitle(texts.system.heading);
  const encoders = useEncoders();
  return (
    <>
      <div class="page-head">
        <h1>{texts.system.heading}</h1>
      </div>
      <div class="system-page">
        <div>
          <Services />
          <Encoders {...encoders} />
          {/* It would move when the encoders come. */}
          {(encoders.answer.value || encoders.fault.value) && <Faults />}
        </div>
        <div>
          <QueueAndDisk />
        </div>
      </div>
    </>
  );
}
