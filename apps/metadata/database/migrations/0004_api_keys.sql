CREATE TABLE `api_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`sha256` text NOT NULL,
	`name` text NOT NULL,
	`scopes` text NOT NULL,
	`created_at` real NOT NULL,
	`expires_at` real,
	`last_used_at` real,
	`revoked_at` real
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_sha256_unique` ON `api_keys` (`sha256`);