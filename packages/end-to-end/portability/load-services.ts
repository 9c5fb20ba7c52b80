/** Loads the services with whatever runtime runs this, and writes what each module has, as JSON. */
import * as admin from "@video-backend/admin/service";
import * as metadata from "@video-backend/metadata/service";
import * as streaming from "@video-backend/streaming/service";
import * as transcoding from "@video-backend/transcoding/service";
import * as upload from "@video-backend/upload/service";

process.stdout.write(
  JSON.stringify({
    admin: typeof admin.createAdminService,
    metadata: typeof metadata.createMetadataService,
    streaming: typeof streaming.createStreamingService,
    transcoding: typeof transcoding.createTranscodingService,
    upload: typeof upload.createUploadService,
  }),
);
