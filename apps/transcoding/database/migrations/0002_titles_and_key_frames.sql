ALTER TABLE `jobs` ADD `title` text;--> statement-breakpoint
ALTER TABLE `segments` ADD `key_frame_bytes` integer DEFAULT 0 NOT NULL;