CREATE TABLE `attempts` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`video_id` text NOT NULL,
	`kind` text NOT NULL,
	`renditions` text NOT NULL,
	`first` integer NOT NULL,
	`count` integer NOT NULL,
	`demanded` integer NOT NULL,
	`encoder` text NOT NULL,
	`command` text NOT NULL,
	`started_at` real NOT NULL,
	`seconds` real NOT NULL,
	`exit_code` integer,
	`errors` text NOT NULL,
	`fault` text,
	FOREIGN KEY (`video_id`) REFERENCES `jobs`(`video_id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `attempts_by_video` ON `attempts` (`video_id`);--> statement-breakpoint
CREATE TABLE `jobs` (
	`video_id` text PRIMARY KEY NOT NULL,
	`filename` text NOT NULL,
	`network_speed` real NOT NULL,
	`state` text NOT NULL,
	`error` text,
	`fault` text,
	`plan` text,
	`stopped_by_wish` integer DEFAULT 0 NOT NULL,
	`unreported` integer DEFAULT 0 NOT NULL,
	`created_at` real NOT NULL,
	`started_at` real,
	`finished_at` real,
	CONSTRAINT "jobs_state" CHECK("jobs"."state" in ('queued', 'running', 'ok', 'error', 'stopped'))
);
--> statement-breakpoint
CREATE TABLE `segments` (
	`video_id` text NOT NULL,
	`rendition` text NOT NULL,
	`position` integer NOT NULL,
	`bytes` integer NOT NULL,
	`start_seconds` real NOT NULL,
	`duration_seconds` real NOT NULL,
	`samples` integer NOT NULL,
	`encoder` text NOT NULL,
	`init` text NOT NULL,
	`codec` text NOT NULL,
	`made_at` real NOT NULL,
	PRIMARY KEY(`video_id`, `rendition`, `position`),
	FOREIGN KEY (`video_id`) REFERENCES `jobs`(`video_id`) ON UPDATE no action ON DELETE cascade
);
