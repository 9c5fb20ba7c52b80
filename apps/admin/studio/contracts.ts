/**
 * What the pages read is what the services answer: where a contract and the pages' own idea of it part, this does not
 * compile. Nothing else uses it.
 */
import type { ApiKey, Delivery, Video, Webhook } from "@video-backend/metadata/client";
import type * as access from "@video-backend/studio/access";
import type * as library from "@video-backend/studio/library";
import type * as system from "@video-backend/studio/system";
import type * as video from "@video-backend/studio/video";
import type * as webhooks from "@video-backend/studio/webhooks";
import type {
  Bitrates,
  QueueState,
  RecentFault,
  SegmentMap,
  TranscodingStatus,
} from "@video-backend/transcoding/client";

import type { Session } from "../session/contract.ts";

type Reads<Read, Told extends Read> = [Read, Told];

export type PagesKnow = [
  Reads<access.ApiKey, ApiKey>,
  Reads<access.Session, Session>,
  Reads<webhooks.Webhook, Webhook>,
  Reads<webhooks.Delivery, Delivery>,
  Reads<library.Video, Video>,
  Reads<video.Transcoding, TranscodingStatus>,
  Reads<video.SegmentMap, SegmentMap>,
  Reads<video.Bitrates, Bitrates>,
  Reads<system.QueueState, QueueState>,
  Reads<system.RecentFault, RecentFault>,
];
