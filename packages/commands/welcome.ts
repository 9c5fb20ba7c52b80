/** What `dev` and `start` say when all is up: where things are, and a first upload that can be copied line by line. */
import type { ServiceName, Setup } from "./services.ts";

/** How a command is typed on any machine with npm; a bare `bun` need not be on PATH there. */
export const typed = (command: string) => `npx --yes bun@${Bun.version} run ${command}`;

/** Several lines, the last without a line break. */
export function welcome({ services, storageDir }: Setup): string {
  const address = Object.fromEntries(services.map((service) => [service.name, service.address])) as Record<
    ServiceName,
    string
  >;
  return `
All five services are up. Open the studio, and drop a video:

  ${address.admin}/

Each one's reference is at /docs.

  admin        ${address.admin}/docs
  upload       ${address.upload}/docs
  transcoding  ${address.transcoding}/docs
  metadata     ${address.metadata}/docs
  streaming    ${address.streaming}/docs
  files        ${storageDir}

A video without the studio:

  ${typed("upload FILE")}

or by hand, with F=FILE set:

  ID=$(curl -s -F "filename=\${F##*/}" -F total_chunks=1 ${address.upload}/upload/init | cut -d'"' -f4)
  curl -F upload_id=$ID -F index=0 -F "file=@$F" ${address.upload}/upload/chunk
  curl -F upload_id=$ID ${address.upload}/upload/complete
  echo ${address.streaming}/stream/$ID/master.m3u8
`;
}
