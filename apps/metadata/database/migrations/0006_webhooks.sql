CREATE TABLE `webhook_deliveries` (
	`sequence` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`webhook_id` text NOT NULL,
	`event_id` text NOT NULL,
	`type` text NOT NULL,
	`video_id` text NOT NULL,
	`payload` text NOT NULL,
	`state` text NOT NULL,
	`tries` integer DEFAULT 0 NOT NULL,
	`next_try_at` real,
	`ends_at` real NOT NULL,
	`response_status` integer,
	`error` text,
	`created_at` real NOT NULL,
	`settled_at` real,
	FOREIGN KEY (`webhook_id`) REFERENCES `webhooks`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "webhook_deliveries_state" CHECK("webhook_deliveries"."state" in ('waiting', 'pending', 'delivered', 'failed')),
	CONSTRAINT "webhook_deliveries_pending" CHECK(("webhook_deliveries"."next_try_at" is not null) = ("webhook_deliveries"."state" = 'pending')),
	CONSTRAINT "webhook_deliveries_settled" CHECK(("webhook_deliveries"."settled_at" is not null) = ("webhook_deliveries"."state" in ('delivered', 'failed')))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `webhook_deliveries_once` ON `webhook_deliveries` (`webhook_id`,`event_id`);--> statement-breakpoint
CREATE INDEX `webhook_deliveries_newest` ON `webhook_deliveries` (`webhook_id`,`sequence`);--> statement-breakpoint
CREATE INDEX `webhook_deliveries_due` ON `webhook_deliveries` (`webhook_id`,`next_try_at`) WHERE "webhook_deliveries"."next_try_at" is not null;--> statement-breakpoint
CREATE INDEX `webhook_deliveries_open` ON `webhook_deliveries` (`webhook_id`,`video_id`,`sequence`) WHERE "webhook_deliveries"."settled_at" is null;--> statement-breakpoint
CREATE INDEX `webhook_deliveries_old` ON `webhook_deliveries` (`settled_at`) WHERE "webhook_deliveries"."settled_at" is not null;--> statement-breakpoint
CREATE TABLE `webhooks` (
	`id` text PRIMARY KEY NOT NULL,
	`url` text NOT NULL,
	`events` text NOT NULL,
	`description` text,
	`secret` text NOT NULL,
	`created_at` real NOT NULL,
	`deleted_at` real
);
--> statement-breakpoint
ALTER TABLE `videos` ADD `playable_at` real;--> statement-breakpoint
-- What is complete plays, and nobody is told so again.
UPDATE `videos` SET `playable_at` = `updated_at` WHERE `transcoding_status` = 'completed';
