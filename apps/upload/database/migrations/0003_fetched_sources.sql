ALTER TABLE `uploads` ADD `source_validator` text;--> statement-breakpoint
ALTER TABLE `uploads` ADD `fetch_given_up` integer DEFAULT false NOT NULL;