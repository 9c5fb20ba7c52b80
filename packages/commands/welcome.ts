/** What `dev` and `start` say when all is up: where things are, and a first upload that can be copied line by line. */
import { accessModeOf } from "@video-backend/service";
import type { ServiceName, Setup } from "./services.ts";

/** How a command is typed on any machine with npm; a bare `bun` need not be on PATH there. */
export const typed = (command: string) => `npx --yes bun@${Bun.version} run ${command}`;

const keyWords = `
A key is needed (AUTH=keys). The first start shows the first one, with all scopes, once. Another one, on this machine:

  ${typed("keys create NAME read upload write admin")}`;

/** Several lines, the last without a line break. Where keys are needed, they say so, and the lines to copy send one. */
export function welcome({ services, storageDir, access }: Setup): string {
  const address = Object.fromEntries(services.map((service) => [service.name, service.address])) as Record<
    ServiceName,
    string
  >;
  const needsKey = accessModeOf(access) === "keys";
  const curl = needsKey ? 'curl -H "Authorization: Bearer $KEY"' : "curl";
  return `
All five services are up. Open the studio${needsKey ? ", log in with an API key," : ","} and drop a video:

  ${address.admin}/${needsKey ? `\n${keyWords}` : ""}

Each one's reference is at /docs.

  admin        ${address.admin}/docs
  upload       ${address.upload}/docs
  transcoding  ${address.transcoding}/docs
  metadata     ${address.metadata}/docs
  streaming    ${address.streaming}/docs
  files        ${storageDir}

A video without the studio:

  ${typed("upload FILE")}

or by hand, with F=FILE${needsKey ? " and KEY=KEY" : ""} set:

  ID=$(${curl} -s -F "filename=\${F##*/}" -F total_chunks=1 ${address.upload}/upload/init | cut -d'"' -f4)
  ${curl} -F upload_id=$ID -F index=0 -F "file=@$F" ${address.upload}/upload/chunk
  ${curl} -F upload_id=$ID ${address.upload}/upload/complete
  echo ${address.streaming}/stream/$ID/master.m3u8
`;
}
